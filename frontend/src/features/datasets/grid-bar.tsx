import { Button, Group, Text } from "@mantine/core";
import { IconFilterOff, IconX } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import { ALL_ROWS, type RowView } from "@/api/rows";
import { useFormats } from "@/i18n/use-formats";
import classes from "./data-grid.module.css";
import { parseSorts, parseWhere, withFilter, type ColumnFilter } from "./grid-filter";

interface GridBarProps {
  view: RowView;
  onView: (view: RowView) => void;
  /** Rows that match; null while they are counted. */
  shown: number | null;
  total: number | null;
}

/** What the rows are narrowed and sorted by, each to be taken away; how many are left. */
export function GridBar({ view, onView, shown, total }: GridBarProps) {
  const { t } = useTranslation();
  const formats = useFormats();
  const filters = parseWhere(view.where);
  const sorts = parseSorts(view.sort);
  if (filters.length === 0 && sorts.length === 0) return null;
  const words = ({ column, op, value }: ColumnFilter) =>
    `${column} ${t(`grid.ops.${op}`)} ${value.replaceAll(",", ", ")}`.trim();
  const names = sorts.map(({ key, isDescending }) =>
    isDescending ? t("grid.sortedDown", { column: key }) : key,
  );
  return (
    <Group gap={6} px="md" py="xs">
      {filters.map((filter) => (
        <button
          key={filter.column}
          type="button"
          className={classes.chip}
          aria-label={t("grid.remove", { text: words(filter) })}
          onClick={() => onView({ ...view, where: withFilter(view.where, filter.column, null) })}
        >
          <span className="truncate">{words(filter)}</span>
          <IconX size={12} aria-hidden />
        </button>
      ))}
      {sorts.length > 0 && (
        <button
          type="button"
          className={classes.chip}
          aria-label={t("grid.clearSort")}
          onClick={() => onView({ ...view, sort: "" })}
        >
          <span className="truncate">{t("grid.sortedBy", { columns: formats.list(names) })}</span>
          <IconX size={12} aria-hidden />
        </button>
      )}
      {filters.length > 0 && (
        <Button
          size="compact-xs"
          variant="subtle"
          leftSection={<IconFilterOff size={13} />}
          onClick={() => onView({ ...ALL_ROWS, sort: view.sort })}
        >
          {t("grid.clear")}
        </Button>
      )}
      {filters.length > 0 && shown !== null && (
        <Text size="xs" c="dimmed" ml="auto" aria-live="polite">
          {total === null
            ? t("grid.found", { n: formats.number(shown) })
            : t("grid.shown", { n: formats.number(shown), total: formats.number(total) })}
        </Text>
      )}
    </Group>
  );
}
