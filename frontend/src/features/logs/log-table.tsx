import { Link } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import type { LogRecord } from "@/api/logs";
import { useFormats } from "@/i18n/use-formats";
import { LevelMark } from "@/ui/log-lines";
import { AbsoluteTime } from "@/ui/relative-time";
import classes from "./log-table.module.css";

export function LogTable({ records }: { records: LogRecord[] }) {
  const { t } = useTranslation();
  return (
    <div className="scroll-x">
      <table className={`table ${classes.table ?? ""}`}>
        <thead>
          <tr>
            <th scope="col">{t("logs.columns.time")}</th>
            <th scope="col">{t("logs.columns.level")}</th>
            <th scope="col">{t("logs.columns.text")}</th>
            <th scope="col">{t("logs.columns.job")}</th>
            <th scope="col">{t("logs.columns.run")}</th>
            <th scope="col">{t("logs.columns.user")}</th>
          </tr>
        </thead>
        <tbody>
          {records.map((record) => (
            <LogRow key={record.logId} record={record} />
          ))}
        </tbody>
      </table>
    </div>
  );
}

function LogRow({ record }: { record: LogRecord }) {
  const formats = useFormats();
  return (
    <tr>
      <td className={classes.when}>
        <AbsoluteTime at={record.at} />
      </td>
      <td>
        <LevelMark level={record.level} />
      </td>
      <td className={classes.text}>
        {record.text}
        <span className={classes.source}>
          {record.logger}
          {record.durationMs !== null && ` · ${formats.duration(record.durationMs)}`}
        </span>
      </td>
      <td>
        {record.jobId !== null && (
          <Link to="/jobs/$jobId" params={{ jobId: String(record.jobId) }}>
            {record.jobId}
          </Link>
        )}
      </td>
      <td>
        {record.runId !== null && (
          <Link to="/runs/$runId" params={{ runId: String(record.runId) }}>
            {record.runId}
          </Link>
        )}
      </td>
      <td>{record.user}</td>
    </tr>
  );
}
