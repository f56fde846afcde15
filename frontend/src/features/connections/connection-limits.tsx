import { Text } from "@mantine/core";
import { useTranslation } from "react-i18next";
import type { Connection } from "@/api/connections";
import { SHARED_ROLES } from "./connection-values";

/** How the database behind a connection is spared and who may use it, in one line. */
export function ConnectionLimits({ connection }: { connection: Connection }) {
  const { t } = useTranslation();
  const { maxRuns, quietStart, quietEnd, usableRoles, usableUsers } = connection;
  const parts = [
    maxRuns !== null && t("connections.limit", { n: maxRuns }),
    usableRoles.length < SHARED_ROLES.length &&
      t("usable.only", {
        names: ["root", ...usableRoles.map((role) => t(`roles.${role}`)), ...usableUsers].join(
          ", ",
        ),
      }),
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
