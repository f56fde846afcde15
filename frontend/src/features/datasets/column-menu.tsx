import { Button, Group, NativeSelect, Popover, Stack, TextInput } from "@mantine/core";
import { IconArrowDown, IconArrowUp, IconX } from "@tabler/icons-react";
import { useState, type SubmitEvent } from "react";
import { useTranslation } from "react-i18next";
import type { RowView } from "@/api/rows";
import type { GridColumn } from "./grid-columns";
import {
  formatSingleSort,
  needsValue,
  opsOf,
  parseSorts,
  parseWhere,
  withFilter,
  type ColumnFilter,
  type Op,
} from "./grid-filter";

interface ColumnMenuProps {
  column: GridColumn;
  view: RowView;
  onView: (view: RowView) => void;
  onClose: () => void;
}

/** How the rows are sorted and filtered by one column. Opened by the head of the column. */
export function ColumnMenu({ column, view, onView, onClose }: ColumnMenuProps) {
  const { t } = useTranslation();
  const sort = parseSorts(view.sort).find((one) => one.key === column.name);
  const found = parseWhere(view.where).find((one) => one.column === column.name);
  const sortBy = (isDescending: boolean | null) => {
    const next = isDescending === null ? null : { key: column.name, isDescending };
    onView({ ...view, sort: formatSingleSort(next) });
    onClose();
  };
  const filterBy = (filter: ColumnFilter | null) => {
    onView({ ...view, where: withFilter(view.where, column.name, filter) });
    onClose();
  };
  return (
    <Popover.Dropdown p="sm">
      <Stack gap="sm">
        <Group gap={4}>
          <Button
            variant={sort?.isDescending === false ? "light" : "default"}
            leftSection={<IconArrowUp size={14} />}
            data-autofocus
            onClick={() => sortBy(false)}
          >
            {t("grid.ascending")}
          </Button>
          <Button
            variant={sort?.isDescending === true ? "light" : "default"}
            leftSection={<IconArrowDown size={14} />}
            onClick={() => sortBy(true)}
          >
            {t("grid.descending")}
          </Button>
          {sort !== undefined && (
            <Button variant="subtle" onClick={() => sortBy(null)}>
              {t("grid.unsorted")}
            </Button>
          )}
        </Group>
        <FilterForm column={column} initial={found} onApply={filterBy} />
      </Stack>
    </Popover.Dropdown>
  );
}

interface FilterFormProps {
  column: GridColumn;
  initial: ColumnFilter | undefined;
  onApply: (filter: ColumnFilter | null) => void;
}

function FilterForm({ column, initial, onApply }: FilterFormProps) {
  const { t } = useTranslation();
  const ops = opsOf(column);
  const [op, setOp] = useState<Op>(initial?.op ?? ops[0] ?? "eq");
  const [value, setValue] = useState(initial?.value ?? "");
  const isReady = !needsValue(op) || value.replaceAll(",", "").trim() !== "";
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    // The dropdown is drawn elsewhere, but its events still reach forms above it.
    event.stopPropagation();
    if (isReady) onApply({ column: column.name, op, value: needsValue(op) ? value.trim() : "" });
  };
  return (
    <form onSubmit={submit} aria-label={t("grid.filter")}>
      <Stack gap="xs">
        <NativeSelect
          size="xs"
          label={t("grid.condition")}
          data={ops.map((one) => ({ value: one, label: t(`grid.ops.${one}`) }))}
          value={op}
          onChange={(event) => setOp(event.currentTarget.value as Op)}
        />
        {needsValue(op) && <ValueInput column={column} op={op} value={value} onChange={setValue} />}
        <Group gap={4} justify="flex-end">
          {initial !== undefined && (
            <Button
              variant="subtle"
              leftSection={<IconX size={14} />}
              onClick={() => onApply(null)}
            >
              {t("actions.clear")}
            </Button>
          )}
          <Button type="submit" disabled={!isReady}>
            {t("grid.apply")}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}

interface ValueInputProps {
  column: GridColumn;
  op: Op;
  value: string;
  onChange: (value: string) => void;
}

function ValueInput({ column, op, value, onChange }: ValueInputProps) {
  const { t } = useTranslation();
  const hints: Record<string, string> = {
    date: t("grid.dateHint"),
    timestamp: t("grid.timestampHint"),
    timestamp_tz: t("grid.timestampHint"),
  };
  const hint = hints[column.type];
  const more = hint === undefined ? {} : { placeholder: hint };
  if (column.type === "boolean") {
    return (
      <NativeSelect
        size="xs"
        label={t("grid.value")}
        data={[
          { value: "", label: "" },
          { value: "true", label: t("values.yes") },
          { value: "false", label: t("values.no") },
        ]}
        value={value}
        onChange={(event) => onChange(event.currentTarget.value)}
      />
    );
  }
  if (op === "between") {
    const [from = "", to = ""] = value.split(",");
    return (
      <Group gap="xs" wrap="nowrap" grow>
        <TextInput
          size="xs"
          label={t("grid.value")}
          value={from}
          onChange={(event) => onChange(`${event.currentTarget.value},${to}`)}
          {...more}
        />
        <TextInput
          size="xs"
          label={t("grid.valueTo")}
          value={to}
          onChange={(event) => onChange(`${from},${event.currentTarget.value}`)}
          {...more}
        />
      </Group>
    );
  }
  return (
    <TextInput
      size="xs"
      label={op === "in" ? t("grid.valueList") : t("grid.value")}
      value={value}
      onChange={(event) => onChange(event.currentTarget.value)}
      {...more}
    />
  );
}
