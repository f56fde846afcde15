import { Stack, Text } from "@mantine/core";
import { useTranslation } from "react-i18next";
import type { ColumnConcern } from "@/api/previews";
import { Confirm } from "@/ui/confirm";
import { RelativeTime } from "@/ui/relative-time";
import type { ColumnCheck } from "./column-check";

/** Columns that change, what becomes of them, and who reads them. */
export function ColumnConcerns({ concerns }: { concerns: ColumnConcern[] }) {
  const { t } = useTranslation();
  return (
    <div className="scroll-x">
      <table className="table">
        <thead>
          <tr>
            <th scope="col">{t("job.concerns.column")}</th>
            <th scope="col">{t("job.concerns.change")}</th>
            <th scope="col">{t("job.concerns.who")}</th>
          </tr>
        </thead>
        <tbody>
          {concerns.map((concern) => (
            <tr key={concern.column}>
              <td className="mono">{concern.column}</td>
              <td>{t(`job.concerns.${concern.change}`, { now: concern.now ?? "" })}</td>
              <td>
                {concern.readers.map((one) => (
                  <div key={`${one.reader}/${one.tool}`}>
                    {t("job.concerns.reader", { reader: one.reader, tool: one.tool })}{" "}
                    <Text span size="xs" c="dimmed">
                      <RelativeTime at={one.lastReadAt} />
                      {one.readsAll && ` · ${t("job.concerns.allColumns")}`}
                    </Text>
                  </div>
                ))}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

/** Asks whether the draft is saved although somebody reads what it takes away. */
export function ConcernDialog({ check, name }: { check: ColumnCheck; name: string }) {
  const { t } = useTranslation();
  return (
    <Confirm
      isOpen={check.concerns.length > 0}
      title={t("job.concerns.title", { name })}
      confirm={t("job.concerns.save")}
      cancel={t("job.concerns.back")}
      onConfirm={check.accept}
      onClose={check.close}
    >
      <Stack gap="xs">
        <Text size="sm">{t("job.concerns.body")}</Text>
        <ColumnConcerns concerns={check.concerns} />
      </Stack>
    </Confirm>
  );
}
