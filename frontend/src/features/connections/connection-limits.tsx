import { Text } from "@mantine/core";
import { useTranslation } from "react-i18next";
import type { Connection } from "@/api/connections";

/** How the database behind a connection is spared, in one line; nothing where it is not. */
export function ConnectionLimits({ connection }: { connection: Connection }) {
  const { t } = useTranslation();
  const { maxRuns, quietStart, quietEnd } = connection;
  const parts = [
    maxRuns !== null && t("connections.limit", { n: maxRuns }),
    quietStart !== null &&
      quietEnd !== null &&
      t("connections.quiet", { from: quietStart, to: quietEnd }),
  ].filter((part) => part !== false);
  if (parts.length === 0) return null;
  return (
    <Text size="xs" c="dimmed" fw={400}>
      {parts.join(" · ")}
    </Text>
  );
}
