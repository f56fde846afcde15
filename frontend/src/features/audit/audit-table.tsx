import { useTranslation } from "react-i18next";
import type { AuditRecord } from "@/api/audit";
import { useFormats } from "@/i18n/use-formats";
import { AbsoluteTime } from "@/ui/relative-time";

const FIELDS_SHOWN = 6;
const VALUE_LENGTH = 120;

export function AuditTable({ records }: { records: AuditRecord[] }) {
  const { t } = useTranslation();
  return (
    // eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- a scrolling region must be reachable by keyboard
    <div className="scroll-x" role="region" aria-label={t("audit.title")} tabIndex={0}>
      <table className="table">
        <thead>
          <tr>
            <th scope="col">{t("audit.when")}</th>
            <th scope="col">{t("audit.who")}</th>
            <th scope="col">{t("audit.what")}</th>
            <th scope="col">{t("audit.changes")}</th>
          </tr>
        </thead>
        <tbody>
          {records.map((record) => (
            <AuditRow key={record.auditId} record={record} />
          ))}
        </tbody>
      </table>
    </div>
  );
}

function AuditRow({ record }: { record: AuditRecord }) {
  const { t } = useTranslation();
  const formats = useFormats();
  const names = Object.keys({ ...record.before, ...record.after }).sort();
  const hidden = names.length - FIELDS_SHOWN;
  return (
    <tr>
      <td style={{ whiteSpace: "nowrap" }}>
        <AbsoluteTime at={record.at} />
      </td>
      <td title={record.address ?? undefined}>{record.actor}</td>
      <td>
        {t(`audit.actions.${record.action}`)} <span className="mono">{record.entity}</span>{" "}
        {record.entityName ?? record.entityId}
      </td>
      <td style={{ minWidth: 240, overflowWrap: "anywhere" }}>
        {names.slice(0, FIELDS_SHOWN).map((name) => (
          <div key={name}>
            <span className="mono">{name}</span>: {valueText(record.before?.[name])}
            {record.action === "changed" && ` → ${valueText(record.after?.[name])}`}
            {record.action === "created" && valueText(record.after?.[name])}
          </div>
        ))}
        {hidden > 0 && t("audit.more", { n: formats.number(hidden) })}
      </td>
    </tr>
  );
}

function valueText(value: unknown): string {
  if (value === undefined) return "";
  const text = typeof value === "string" ? value : JSON.stringify(value);
  return text.length > VALUE_LENGTH ? `${text.slice(0, VALUE_LENGTH)}…` : text;
}
