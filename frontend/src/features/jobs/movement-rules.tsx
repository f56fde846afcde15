import { NativeSelect, NumberInput, SimpleGrid, TextInput } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { CONFLICTS, GONE, MODES, type JobKind, type MovedTable } from "@/api/job-movement";

interface MovementRulesProps {
  table: MovedTable;
  kind: JobKind;
  isReadOnly: boolean;
  onChange: (change: Partial<MovedTable>) => void;
}

/** A mode of its own for a transferred table; what becomes of rows that differ or are gone. */
export function MovementRules({ table, kind, isReadOnly, onChange }: MovementRulesProps) {
  const { t } = useTranslation();
  if (kind === "transfer") {
    return (
      <NativeSelect
        label={t("movement.mode")}
        disabled={isReadOnly}
        data={[
          { value: "", label: "–" },
          ...MODES.map((value) => ({ value, label: t(`movement.modes.${value}`) })),
        ]}
        value={table.mode ?? ""}
        onChange={(event) =>
          onChange({ mode: MODES.find((one) => one === event.currentTarget.value) ?? null })
        }
      />
    );
  }
  const gone = table.gone ?? "keep";
  const conflict = table.conflict ?? "source";
  return (
    <SimpleGrid cols={{ base: 1, sm: 2 }} style={{ alignItems: "end" }}>
      <NativeSelect
        label={t("movement.gone")}
        disabled={isReadOnly}
        data={GONE.map((value) => ({ value, label: t(`movement.goneKinds.${value}`) }))}
        value={gone}
        onChange={(event) => {
          const chosen = GONE.find((one) => one === event.currentTarget.value) ?? "keep";
          onChange({ gone: chosen, gone_column: chosen === "mark" ? "" : null });
        }}
      />
      {gone === "mark" && (
        <TextInput
          label={t("movement.goneColumn")}
          required
          readOnly={isReadOnly}
          value={table.gone_column ?? ""}
          onChange={(event) => onChange({ gone_column: event.currentTarget.value })}
        />
      )}
      <NativeSelect
        label={t("movement.conflict")}
        disabled={isReadOnly}
        data={CONFLICTS.map((value) => ({ value, label: t(`movement.conflicts.${value}`) }))}
        value={conflict}
        onChange={(event) => {
          const chosen = CONFLICTS.find((one) => one === event.currentTarget.value) ?? "source";
          onChange({ conflict: chosen, newest_column: chosen === "newest" ? "" : null });
        }}
      />
      {conflict === "newest" && (
        <TextInput
          label={t("movement.newestColumn")}
          required
          readOnly={isReadOnly}
          value={table.newest_column ?? ""}
          onChange={(event) => onChange({ newest_column: event.currentTarget.value })}
        />
      )}
      <TextInput
        label={t("movement.cursor")}
        description={t("movement.cursorHelp")}
        readOnly={isReadOnly}
        value={table.cursor_column ?? ""}
        onChange={(event) => onChange({ cursor_column: event.currentTarget.value || null })}
      />
      <NumberInput
        label={t("movement.overlap")}
        min={0}
        allowDecimal={false}
        readOnly={isReadOnly}
        value={table.overlap_s ?? 300}
        onChange={(seconds) => {
          if (typeof seconds === "number") onChange({ overlap_s: seconds });
        }}
      />
    </SimpleGrid>
  );
}
