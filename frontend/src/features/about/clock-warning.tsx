import { Alert, List } from "@mantine/core";
import { IconClockExclamation } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import type { Readiness } from "@/api/health";
import { useFormats } from "@/i18n/use-formats";

/** Machines whose clocks are too far from the database's, by how much, and what to do. */
export function ClockWarning({ health }: { health: Readiness }) {
  const { t } = useTranslation();
  const formats = useFormats();
  const apart = health.workers.flatMap(({ name, clockAheadS }) =>
    clockAheadS !== null && Math.abs(clockAheadS) > health.clockLimitS
      ? [{ name, aheadS: clockAheadS }]
      : [],
  );
  if (apart.length === 0) return null;
  return (
    <Alert
      color="yellow"
      variant="outline"
      icon={<IconClockExclamation size={18} />}
      title={t("about.clocksDiffer")}
      styles={{ title: { color: "var(--asql-warn)" } }}
    >
      <List size="sm">
        {apart.map(({ name, aheadS }) => (
          <List.Item key={name}>
            {t(aheadS > 0 ? "about.clockAhead" : "about.clockBehind", {
              name,
              time: formats.duration(Math.abs(aheadS) * 1000),
            })}
          </List.Item>
        ))}
      </List>
      {t("about.clocksHelp", { limit: formats.duration(health.clockLimitS * 1000) })}
    </Alert>
  );
}
