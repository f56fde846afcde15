import { useFormats } from "@/i18n/use-formats";
import { useNow } from "@/ui/clock";

/** How long something has been going on; counts every second. */
export function ElapsedTime({ since }: { since: Date }) {
  const formats = useFormats();
  const now = useNow();
  const whole = Math.floor(Math.max(0, now.getTime() - since.getTime()) / 1000) * 1000;
  return <>{whole < 1000 ? "0 s" : formats.duration(whole)}</>;
}
