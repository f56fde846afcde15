import { TextInput } from "@mantine/core";
import { useJobForm } from "./form-context";

interface DateFieldProps {
  field: "startsOn" | "endsOn" | "lastDataDate";
  label: string;
  help?: string;
  isReadOnly: boolean;
}

/** A day of the draft; empty is null. */
export function DateField({ field, label, help, isReadOnly }: DateFieldProps) {
  const form = useJobForm();
  return (
    <TextInput
      type="date"
      label={label}
      description={help}
      readOnly={isReadOnly}
      value={form.values[field] ?? ""}
      error={form.errors[field]}
      onChange={(event) => form.setFieldValue(field, event.currentTarget.value || null)}
    />
  );
}
