import { ActionIcon, Button, Group, Paper, Stack, Text } from "@mantine/core";
import { IconPlus, IconTrash } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import type { MovedTable } from "@/api/job-movement";
import { NEW_LOOK_UP, type LookUp } from "@/api/lookups";
import { LookUpFields } from "./look-up-fields";
import { LookUpHeaders } from "./look-up-headers";
import { LookUpTrial } from "./look-up-trial";

interface LookUpsProps {
  table: MovedTable;
  connectionId: number | null;
  isReadOnly: boolean;
  onChange: (lookups: LookUp[]) => void;
}

/** Columns that a service is asked for, one form each. */
export function LookUps({ table, connectionId, isReadOnly, onChange }: LookUpsProps) {
  const { t } = useTranslation();
  const lookups = table.lookups ?? [];
  const change = (place: number, next: Partial<LookUp>) =>
    onChange(lookups.map((one, index) => (index === place ? { ...one, ...next } : one)));
  return (
    <Stack gap="sm">
      <div>
        <Text size="sm" fw={500}>
          {t("movement.lookups")}
        </Text>
        <Text size="xs" c="dimmed">
          {t("movement.lookupsHelp")}
        </Text>
      </div>
      {lookups.map((lookup, place) => (
        // The place is what a look-up is known by: its column changes while it is typed.
        <Paper key={place} withBorder p="sm" role="group" aria-label={lookup.column}>
          <Stack gap="sm">
            <LookUpFields
              lookup={lookup}
              isReadOnly={isReadOnly}
              onChange={(next) => change(place, next)}
            />
            <LookUpHeaders
              lookup={lookup}
              isReadOnly={isReadOnly}
              onChange={(next) => change(place, next)}
            />
            {!isReadOnly && (
              <Group justify="space-between" align="flex-start" wrap="nowrap">
                <LookUpTrial table={table} connectionId={connectionId} lookup={lookup} />
                <ActionIcon
                  variant="subtle"
                  color="gray"
                  aria-label={t("movement.lookupRemove", { name: lookup.column })}
                  onClick={() => onChange(lookups.filter((_, index) => index !== place))}
                >
                  <IconTrash size={16} />
                </ActionIcon>
              </Group>
            )}
          </Stack>
        </Paper>
      ))}
      {!isReadOnly && (
        <Group>
          <Button
            size="compact-sm"
            variant="default"
            leftSection={<IconPlus size={14} />}
            onClick={() => onChange([...lookups, NEW_LOOK_UP])}
          >
            {t("movement.lookupAdd")}
          </Button>
        </Group>
      )}
    </Stack>
  );
}
