import { Button, Group, Select, Stack, Text } from "@mantine/core";
import { IconFlask, IconPlus } from "@tabler/icons-react";
import { useMutation, useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import { useTranslation } from "react-i18next";
import { catalogueQuery } from "@/api/catalogue";
import { connectionsQuery } from "@/api/connections";
import { dryRun, type MovedTable, type Movement } from "@/api/job-movement";
import { ErrorPanel } from "@/ui/error-panel";
import { Section } from "@/ui/section";
import { useMay } from "@/ui/session-context";
import { useJobForm } from "./form-context";
import { DryRunDialog } from "./movement-dry-run";
import { MovementOptions } from "./movement-options";
import { MovementTable } from "./movement-table";

const NONE: Movement = { tables: [] };

/** The tables of a transfer or a sync, where they go, and what a run would do. */
export function SectionMovement({ isReadOnly }: { isReadOnly: boolean }) {
  const { t } = useTranslation();
  const form = useJobForm();
  const mayEdit = useMay("jobs.edit");
  const connections = useQuery(connectionsQuery);
  const { jobKind, connectionId, targetConnectionId } = form.values;
  const movement = form.values.movement ?? NONE;
  const source = connections.data?.find((one) => one.connectionId === connectionId);
  const catalogue = useQuery({
    ...catalogueQuery(connectionId ?? 0),
    enabled: mayEdit && source?.mayUse === true,
  });
  const columnsOf = useMemo(
    () =>
      new Map(
        (catalogue.data ?? []).map((table) => [`${table.schema}.${table.name}`, table.columns]),
      ),
    [catalogue.data],
  );
  const writable = (connections.data ?? []).filter((one) => one.isWritable && one.mayUse);
  const test = useMutation({
    mutationFn: () =>
      dryRun(connectionId ?? 0, { jobKind, targetConnectionId, movement }, form.values),
  });
  const change = (next: Partial<Movement>) =>
    form.setFieldValue("movement", { ...movement, ...next });
  const changeTable = (place: number, next: MovedTable | null) => {
    const tables = movement.tables.flatMap((table, index) =>
      index !== place ? [table] : next === null ? [] : [next],
    );
    change({ tables });
  };
  const fresh: MovedTable =
    jobKind === "sync" ? { source: "", target: "", key: ["id"] } : { source: "", target: "" };
  return (
    <Section
      title={t("movement.title")}
      aside={
        mayEdit && (
          <Button
            size="compact-sm"
            variant="default"
            leftSection={<IconFlask size={14} />}
            title={t("movement.dryRunHelp")}
            loading={test.isPending}
            disabled={connectionId === null || targetConnectionId === null}
            onClick={() => test.mutate()}
          >
            {t("movement.dryRun")}
          </Button>
        )
      }
    >
      <Stack gap="md">
        {test.isError && <ErrorPanel error={test.error} />}
        <Select
          label={t("movement.target")}
          description={writable.length === 0 ? t("movement.targetNone") : t("movement.targetHelp")}
          required
          searchable
          allowDeselect={false}
          readOnly={isReadOnly}
          data={writable.map(({ connectionId: id, name }) => ({ value: String(id), label: name }))}
          value={targetConnectionId === null ? null : String(targetConnectionId)}
          error={form.errors.targetConnectionId}
          onChange={(value) =>
            form.setFieldValue("targetConnectionId", value === null ? null : Number(value))
          }
        />
        {movement.tables.map((table, place) => (
          <MovementTable
            // The place is what a table is known by: names change while they are typed.
            key={place}
            table={table}
            kind={jobKind}
            connectionId={connectionId}
            columnsOf={columnsOf}
            isReadOnly={isReadOnly}
            onChange={(next) => changeTable(place, next)}
          />
        ))}
        {form.errors.movement !== undefined && (
          <Text size="xs" c="var(--mantine-color-error)" role="alert">
            {form.errors.movement}
          </Text>
        )}
        {!isReadOnly && (
          <Group>
            <Button
              size="compact-sm"
              variant="default"
              leftSection={<IconPlus size={14} />}
              onClick={() => change({ tables: [...movement.tables, fresh] })}
            >
              {t("movement.add")}
            </Button>
          </Group>
        )}
        <MovementOptions
          movement={movement}
          kind={jobKind}
          isReadOnly={isReadOnly}
          onChange={change}
        />
      </Stack>
      {test.data && <DryRunDialog tables={test.data} onClose={test.reset} />}
    </Section>
  );
}
