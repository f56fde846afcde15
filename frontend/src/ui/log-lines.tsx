import { useTranslation } from "react-i18next";
import type { LogLevel, LogRecord } from "@/api/logs";
import { useFormats } from "@/i18n/use-formats";
import classes from "./log-lines.module.css";

const TONES: Record<LogLevel, string> = {
  DEBUG: "quiet",
  INFO: "busy",
  WARNING: "warn",
  ERROR: "bad",
  CRITICAL: "bad",
};

export function LevelMark({ level }: { level: LogLevel | null }) {
  const { t } = useTranslation();
  if (level === null) return null;
  return (
    <span className={classes.level} data-tone={TONES[level]} title={t(`logs.levels.${level}`)}>
      {level}
    </span>
  );
}

/** Log records as lines: time, level, text. */
export function LogLines({ records, label }: { records: LogRecord[]; label: string }) {
  const formats = useFormats();
  return (
    // eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- a scrolling region must be reachable by keyboard
    <div className={classes.lines} role="log" aria-label={label} tabIndex={0}>
      {records.map((record) => (
        <div key={record.logId} className={classes.line}>
          <time dateTime={record.at.toISOString()} title={formats.dateTimeZone(record.at)}>
            {record.at.toLocaleTimeString(formats.locale, { hourCycle: "h23" })}
          </time>
          <LevelMark level={record.level} />
          <span className={classes.text}>{record.text}</span>
        </div>
      ))}
    </div>
  );
}
