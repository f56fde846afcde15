import { useFormats } from "@/i18n/use-formats";
import { useNow } from "./clock";

interface RelativeTimeProps {
  at: Date;
  /** The zone of the exact moment in the title; that of this computer when absent. */
  zone?: string;
}

/** "5 min ago"; the exact moment with its zone in the title. */
export function RelativeTime({ at, zone }: RelativeTimeProps) {
  const formats = useFormats();
  const now = useNow(5);
  return (
    <time dateTime={at.toISOString()} title={formats.dateTimeZone(at, zone)}>
      {formats.relative(at, now)}
    </time>
  );
}

/** "Fri, 21 Nov, 14:05"; with the zone in the title. */
export function AbsoluteTime({ at, zone }: RelativeTimeProps) {
  const formats = useFormats();
  return (
    <time dateTime={at.toISOString()} title={formats.dateTimeZone(at, zone)}>
      {formats.dateTime(at, zone)}
    </time>
  );
}
