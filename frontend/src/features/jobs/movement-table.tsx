import {
  ActionIcon,
  Autocomplete,
  Button,
  Group,
  Paper,
  SimpleGrid,
  Stack,
  Switch,
  Textarea,
  TextInput,
} from "@mantine/core";
import { IconChevronDown, IconTrash } from "@tabler/icons-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import type { JobKind, MovedTable } from "@/api/job-movement";
import { LookUps } from "./look-ups";
import { MovementColumns } from "./movement-columns";
import { MovementRules } from "./movement-rules";
import { NameList } from "./name-list";

interface MovementTableProps {
  table: MovedTable;
  kind: JobKind;
  /** Where the rows come from. */
  connectionId: number | null;
  /** The columns of each table of the source, by schema.name. */
  columnsOf: ReadonlyMap<string, string[]>;
  isReadOnly: boolean;
  /** Null takes the table out. */
  onChange: (table: MovedTable | null) => void;
}

const orNull = (text: string) => (text.trim() === "" ? null : text);

/** One table of the job: where it comes from, where it goes, and behind a button its columns. */
export function MovementTable(props: MovementTableProps) {
  const { table, kind, columnsOf, isReadOnly, onChange } = props;
  const { t } = useTranslation();
  const [isOpen, setOpen] = useState(false);
  const isQuery = table.query !== null && table.query !== undefined;
  const change = (next: Partial<MovedTable>) => onChange({ ...table, ...next });
  const chooseSource = (source: string) =>
    // The target follows its source until somebody gives it another name.
    change(table.target === (table.source ?? "") ? { source, target: source } : { source });
  return (
    <Paper withBorder p="sm" role="group" aria-label={table.target || t("movement.table")}>
      <Stack gap="sm">
        <SimpleGrid cols={{ base: 1, sm: 2 }}>
          {isQuery ? (
            <Textarea
              label={t("movement.queryText")}
              classNames={{ input: "mono" }}
              autosize
              minRows={2}
              readOnly={isReadOnly}
              value={table.query ?? ""}
              onChange={(event) => change({ query: event.currentTarget.value })}
            />
          ) : (
            <Autocomplete
              label={t("movement.source")}
              placeholder={t("movement.sourceHelp")}
              limit={50}
              readOnly={isReadOnly}
              data={[...columnsOf.keys()]}
              value={table.source ?? ""}
              onChange={chooseSource}
            />
          )}
          <TextInput
            label={t("movement.to")}
            placeholder={t("movement.sourceHelp")}
            required
            readOnly={isReadOnly}
            value={table.target}
            onChange={(event) => change({ target: event.currentTarget.value })}
          />
        </SimpleGrid>
        {kind === "sync" && (
          <NameList
            label={t("movement.key")}
            description={t("movement.keyHelp")}
            names={table.key ?? []}
            isReadOnly={isReadOnly}
            isRequired
            onChange={(key) => change({ key })}
          />
        )}
        <Group justify="space-between">
          <Switch
            size="sm"
            label={t("movement.query")}
            disabled={isReadOnly}
            checked={isQuery}
            onChange={(event) =>
              change(
                event.currentTarget.checked
                  ? { query: "", source: null, where: null }
                  : { query: null, source: "" },
              )
            }
          />
          <Group gap="xs">
            <Button
              size="compact-sm"
              variant="subtle"
              rightSection={<IconChevronDown size={14} />}
              aria-expanded={isOpen}
              onClick={() => setOpen(!isOpen)}
            >
              {t("movement.details")}
            </Button>
            {!isReadOnly && (
              <ActionIcon
                variant="subtle"
                color="gray"
                aria-label={t("movement.remove", { name: table.target })}
                onClick={() => onChange(null)}
              >
                <IconTrash size={16} />
              </ActionIcon>
            )}
          </Group>
        </Group>
        {isOpen && (
          <>
            {!isQuery && (
              <TextInput
                label={t("movement.where")}
                readOnly={isReadOnly}
                value={table.where ?? ""}
                onChange={(event) => change({ where: orNull(event.currentTarget.value) })}
              />
            )}
            <MovementColumns
              table={table}
              columnsOf={columnsOf}
              isReadOnly={isReadOnly}
              onChange={onChange}
            />
            <MovementRules table={table} kind={kind} isReadOnly={isReadOnly} onChange={change} />
            {kind === "sync" && (
              <LookUps
                table={table}
                connectionId={props.connectionId}
                isReadOnly={isReadOnly}
                onChange={(lookups) => change({ lookups })}
              />
            )}
          </>
        )}
      </Stack>
    </Paper>
  );
}
