import { Alert, SimpleGrid, Stack, Text } from "@mantine/core";
import { IconAlertTriangle, IconCircleCheck, IconCircleX } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { readinessQuery, type Readiness } from "@/api/health";
import { useFormats } from "@/i18n/use-formats";
import { Facts } from "@/ui/facts";
import { useFastInterval } from "@/ui/live";
import { QueryView } from "@/ui/query-view";
import { Section } from "@/ui/section";
import { ClockWarning } from "./clock-warning";
import { MaintenanceSwitch } from "./maintenance-switch";
import { WorkerTable } from "./worker-table";

/** Whether everything works, and where programs find what they need. */
export function About() {
  const { t } = useTranslation();
  const readiness = useQuery({ ...readinessQuery, refetchInterval: useFastInterval(5000) });
  return (
    <QueryView query={readiness}>
      {(health) => (
        <Stack>
          <Verdict health={health} />
          <ClockWarning health={health} />
          <SimpleGrid cols={{ base: 1, md: 2 }} style={{ alignItems: "start" }}>
            <Section title={t("about.database")}>
              <DatabaseFacts health={health} />
            </Section>
            <Section title={t("about.links")}>
              <Facts
                items={[
                  [t("nav.docs"), <PlainLink key="docs" href="/docs" />],
                  ["OpenAPI", <PlainLink key="openapi" href="/docs/openapi.json" />],
                  ["Health", <PlainLink key="health" href="/healthz" />],
                  ["Ready", <PlainLink key="ready" href="/readyz" />],
                ]}
              />
            </Section>
          </SimpleGrid>
          <MaintenanceSwitch />
          <Section title={t("about.workers")} isFlush>
            <WorkerTable workers={health.workers} />
          </Section>
          <Text size="xs" c="dimmed">
            {t("about.product")} {t("about.licence")}
          </Text>
        </Stack>
      )}
    </QueryView>
  );
}

function PlainLink({ href }: { href: string }) {
  return (
    <a href={href} className="mono">
      {href}
    </a>
  );
}

function DatabaseFacts({ health }: { health: Readiness }) {
  const { t } = useTranslation();
  const formats = useFormats();
  const isThere = health.database === "ok";
  const age = health.schedulerAgeS;
  return (
    <Facts
      items={[
        [
          t("about.database"),
          `${isThere ? t("home.databaseOk") : t("home.databaseAway")} · ${
            health.isEmbedded ? t("about.embedded") : t("about.external")
          }`,
        ],
        [
          t("about.schema"),
          health.isSchemaCurrent === true ? t("about.schemaOk") : t("about.schemaOld"),
        ],
        [
          t("about.scheduler"),
          age === null
            ? t("home.schedulerAway")
            : t("home.schedulerOk", { age: formats.duration(Math.max(1000, age * 1000)) }),
        ],
      ]}
    />
  );
}

function Verdict({ health }: { health: Readiness }) {
  const { t } = useTranslation();
  if (!health.isReady) {
    return (
      <Alert
        color="red"
        variant="outline"
        icon={<IconCircleX size={18} />}
        title={t("about.notReady")}
        styles={{ title: { color: "var(--asql-bad)" } }}
      />
    );
  }
  if (health.schedulerAgeS === null) {
    return (
      <Alert
        color="yellow"
        variant="outline"
        icon={<IconAlertTriangle size={18} />}
        title={t("about.degraded")}
        styles={{ title: { color: "var(--asql-warn)" } }}
      >
        {t("about.degradedHelp")}
      </Alert>
    );
  }
  return (
    <Alert
      color="green"
      variant="outline"
      icon={<IconCircleCheck size={18} />}
      title={t("about.ready")}
      styles={{ title: { color: "var(--asql-good)" } }}
    />
  );
}
