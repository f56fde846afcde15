import { Text } from "@mantine/core";
import { useTranslation } from "react-i18next";
import type { RunDetail } from "@/api/runs";
import { useFormats } from "@/i18n/use-formats";
import { Facts } from "@/ui/facts";
import { AbsoluteTime } from "@/ui/relative-time";
import { Section } from "@/ui/section";

/** The units that keep the gate shut, and until when it is asked. */
export function RunGate({ run }: { run: RunDetail }) {
  const { t } = useTranslation();
  const formats = useFormats();
  if (run.gateUnits.length === 0) return null;
  return (
    <Section
      title={t("run.gate")}
      isFlush
      aside={
        run.gateDeadlineAt !== null && (
          <Text size="xs" c="dimmed">
            {t("run.gateUntil")} <AbsoluteTime at={run.gateDeadlineAt} />
          </Text>
        )
      }
    >
      <div className="scroll-x">
        <table className="table">
          <thead>
            <tr>
              <th scope="col">{t("run.gateUnit")}</th>
              <th scope="col">{t("run.gateClosed")}</th>
            </tr>
          </thead>
          <tbody>
            {run.gateUnits.map(({ unit, closedUntil }) => (
              <tr key={unit}>
                <td>{unit}</td>
                <td>{closedUntil === null ? t("values.never") : formats.day(closedUntil)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </Section>
  );
}

/** What stood for each date the query names. */
export function RunBinds({ binds }: { binds: Record<string, string> }) {
  const { t } = useTranslation();
  const formats = useFormats();
  const entries = Object.entries(binds);
  if (entries.length === 0) return null;
  return (
    <Section title={t("run.binds")}>
      <Facts items={entries.map(([name, day]) => [`:${name}`, formats.day(day)])} />
    </Section>
  );
}
