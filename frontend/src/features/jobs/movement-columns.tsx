import { Button, Group, NativeSelect, Switch, Text, TextInput } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { MASKS, type ColumnMap, type MovedTable } from "@/api/job-movement";

const QUALIFIED = (source: string) => (source.includes(".") ? source : `public.${source}`);

interface MovementColumnsProps {
  table: MovedTable;
  /** The columns of each table of the source, by schema.name. */
  columnsOf: ReadonlyMap<string, string[]>;
  isReadOnly: boolean;
  onChange: (table: MovedTable) => void;
}

/** The mapping grid: which columns come along, under which names, masked how. */
export function MovementColumns(props: MovementColumnsProps) {
  const { table, columnsOf, isReadOnly, onChange } = props;
  const { t } = useTranslation();
  const maps = table.columns ?? [];
  const known = columnsOf.get(QUALIFIED(table.source ?? "")) ?? [];
  const shown = [...new Set([...known, ...maps.map((map) => map.source)])];
  const setMaps = (columns: ColumnMap[]) => onChange({ ...table, columns });
  if (maps.length === 0) {
    return (
      <Group gap="sm">
        <Text size="sm" c="dimmed">
          {known.length === 0 ? t("movement.noColumns") : t("movement.allColumns")}
        </Text>
        {!isReadOnly && known.length > 0 && (
          <Button
            size="compact-xs"
            variant="default"
            onClick={() => setMaps(known.map((source) => ({ source })))}
          >
            {t("movement.chooseColumns")}
          </Button>
        )}
      </Group>
    );
  }
  const change = (source: string, next: Partial<ColumnMap> | null) => {
    const others = shown.flatMap((name) => {
      const map = maps.find((one) => one.source === name);
      if (name !== source) return map ?? [];
      return next === null ? [] : { ...(map ?? { source }), ...next };
    });
    setMaps(others);
  };
  return (
    <div className="scroll-x">
      <table className="table" aria-label={t("movement.columns")}>
        <thead>
          <tr>
            <th scope="col">{t("movement.columnSource")}</th>
            <th scope="col">{t("movement.columnTarget")}</th>
            <th scope="col">{t("movement.mask")}</th>
          </tr>
        </thead>
        <tbody>
          {shown.map((source) => (
            <ColumnRow
              key={source}
              source={source}
              map={maps.find((one) => one.source === source)}
              isReadOnly={isReadOnly}
              onChange={(next) => change(source, next)}
            />
          ))}
        </tbody>
      </table>
    </div>
  );
}

interface ColumnRowProps {
  source: string;
  map: ColumnMap | undefined;
  isReadOnly: boolean;
  onChange: (change: Partial<ColumnMap> | null) => void;
}

function ColumnRow({ source, map, isReadOnly, onChange }: ColumnRowProps) {
  const { t } = useTranslation();
  const mask = map?.mask ?? "none";
  return (
    <tr>
      <td>
        <Switch
          size="xs"
          label={source}
          disabled={isReadOnly}
          checked={map !== undefined}
          onChange={(event) => onChange(event.currentTarget.checked ? {} : null)}
        />
      </td>
      <td>
        {map !== undefined && (
          <TextInput
            size="xs"
            aria-label={`${t("movement.columnTarget")}: ${source}`}
            placeholder={source}
            readOnly={isReadOnly}
            value={map.target ?? ""}
            onChange={(event) => onChange({ target: event.currentTarget.value || null })}
          />
        )}
      </td>
      <td>
        {map !== undefined && (
          <Group gap="xs" wrap="nowrap">
            <NativeSelect
              size="xs"
              aria-label={`${t("movement.mask")}: ${source}`}
              disabled={isReadOnly}
              data={MASKS.map((value) => ({ value, label: t(`movement.masks.${value}`) }))}
              value={mask}
              onChange={(event) => {
                const chosen = MASKS.find((one) => one === event.currentTarget.value) ?? "none";
                onChange({ mask: chosen, value: chosen === "constant" ? "" : null });
              }}
            />
            {mask === "constant" && (
              <TextInput
                size="xs"
                aria-label={`${t("movement.maskValue")}: ${source}`}
                readOnly={isReadOnly}
                value={map.value ?? ""}
                onChange={(event) => onChange({ value: event.currentTarget.value })}
              />
            )}
          </Group>
        )}
      </td>
    </tr>
  );
}
