import { NumberInput } from "@mantine/core";
import type { JobDraft } from "@/api/jobs";
import { useJobForm } from "./form-context";

type NumberField = {
  [Field in keyof JobDraft]: JobDraft[Field] extends number | null ? Field : never;
}[keyof JobDraft];

interface NumberFieldProps {
  field: NumberField;
  label: string;
  help?: string;
  min?: number;
  max?: number;
  /** What an emptied field means; null where the draft allows none. */
  fallback?: number;
  isReadOnly: boolean;
}

/** A whole number of the draft. Empty is null, the default of the server, unless said otherwise. */
export function NumberField(props: NumberFieldProps) {
  const form = useJobForm();
  const { field, label, help, min = 0, max, fallback, isReadOnly } = props;
  return (
    <NumberInput
      label={label}
      description={help}
      min={min}
      {...(max === undefined ? {} : { max })}
      allowDecimal={false}
      readOnly={isReadOnly}
      value={form.values[field] ?? ""}
      error={form.errors[field]}
      onChange={(value) =>
        form.setFieldValue(field, typeof value === "number" ? value : (fallback ?? null))
      }
    />
  );
}
