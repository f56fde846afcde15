import { NativeSelect, NumberInput, SimpleGrid, TextInput } from "@mantine/core";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useJobForm } from "./form-context";

const namesOf = (text: string) => {
  const names = text.split(",").flatMap((part) => part.trim() || []);
  return names.length === 0 ? null : names;
};

/** What tells rows apart, into how many files a result is split, and how it is read. */
export function KindFields({ isReadOnly }: { isReadOnly: boolean }) {
  const { t } = useTranslation();
  const form = useJobForm();
  const { keyColumns, split } = form.values;
  const [keyText, setKeyText] = useState(() => (keyColumns ?? []).join(", "));
  const by = split?.by ?? "none";
  return (
    <SimpleGrid cols={{ base: 1, sm: 3 }} style={{ alignItems: "end" }}>
      <TextInput
        label={t("output.keyColumns")}
        description={t("output.keyColumnsHelp")}
        readOnly={isReadOnly}
        value={keyText}
        error={form.errors.keyColumns}
        onChange={(event) => {
          setKeyText(event.currentTarget.value);
          form.setFieldValue("keyColumns", namesOf(event.currentTarget.value));
        }}
      />
      <NativeSelect
        size="sm"
        label={t("output.split")}
        disabled={isReadOnly}
        error={form.errors.split}
        data={[
          { value: "none", label: t("output.splits.none") },
          { value: "rows", label: t("output.splits.rows") },
          { value: "month", label: t("output.splits.month") },
        ]}
        value={by}
        onChange={(event) => {
          const chosen = event.currentTarget.value;
          if (chosen === "rows") form.setFieldValue("split", { by: "rows", rows: 1_000_000 });
          else form.setFieldValue("split", chosen === "month" ? { by: "month" } : null);
        }}
      />
      {split?.by === "rows" && (
        <NumberInput
          label={t("output.splitRows")}
          min={1}
          allowDecimal={false}
          readOnly={isReadOnly}
          value={split.rows ?? ""}
          onChange={(rows) => {
            if (typeof rows === "number") form.setFieldValue("split", { by: "rows", rows });
          }}
        />
      )}
      {split?.by === "month" && (
        <TextInput
          label={t("job.dateColumn")}
          readOnly={isReadOnly}
          value={split.column ?? ""}
          onChange={(event) => {
            const column = event.currentTarget.value;
            form.setFieldValue("split", column === "" ? { by: "month" } : { by: "month", column });
          }}
        />
      )}
      <TextInput
        label={t("output.parallelColumn")}
        description={t("output.parallelColumnHelp")}
        readOnly={isReadOnly}
        value={form.values.parallelColumn ?? ""}
        error={form.errors.parallelColumn}
        onChange={(event) => {
          form.setFieldValue("parallelColumn", event.currentTarget.value.trim() || null);
        }}
      />
    </SimpleGrid>
  );
}
