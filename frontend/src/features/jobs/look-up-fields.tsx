import { NativeSelect, NumberInput, SimpleGrid, Textarea, TextInput } from "@mantine/core";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { ASKED_FOR, ON_FAILURE, type LookUp } from "@/api/lookups";

export interface LookUpPartProps {
  lookup: LookUp;
  isReadOnly: boolean;
  onChange: (change: Partial<LookUp>) => void;
}

/** What is asked, where the value lies in the answer, and how patiently. */
export function LookUpFields({ lookup, isReadOnly, onChange }: LookUpPartProps) {
  const { t } = useTranslation();
  return (
    <>
      <SimpleGrid cols={{ base: 1, sm: 2 }}>
        <TextInput
          label={t("movement.lookupColumn")}
          required
          readOnly={isReadOnly}
          value={lookup.column}
          onChange={(event) => onChange({ column: event.currentTarget.value })}
        />
        <NativeSelect
          label={t("movement.lookupMethod")}
          disabled={isReadOnly}
          data={["GET", "POST"]}
          value={lookup.method ?? "GET"}
          onChange={(event) =>
            onChange(
              event.currentTarget.value === "POST"
                ? { method: "POST", body: lookup.body ?? {} }
                : { method: "GET", body: null },
            )
          }
        />
      </SimpleGrid>
      <TextInput
        label={t("movement.lookupUrl")}
        description={t("movement.lookupUrlHelp")}
        required
        readOnly={isReadOnly}
        value={lookup.url}
        onChange={(event) => onChange({ url: event.currentTarget.value })}
      />
      {lookup.method === "POST" && (
        <LookUpBody lookup={lookup} isReadOnly={isReadOnly} onChange={onChange} />
      )}
      <SimpleGrid cols={{ base: 1, sm: 2 }} style={{ alignItems: "end" }}>
        <TextInput
          label={t("movement.lookupPath")}
          description={t("movement.lookupPathHelp")}
          readOnly={isReadOnly}
          value={lookup.json_path ?? ""}
          onChange={(event) => onChange({ json_path: event.currentTarget.value })}
        />
        <NativeSelect
          label={t("movement.lookupFailure")}
          disabled={isReadOnly}
          data={ON_FAILURE.map((value) => ({
            value,
            label: t(`movement.lookupFailures.${value}`),
          }))}
          value={lookup.on_failure ?? "keep"}
          onChange={(event) =>
            onChange({
              on_failure: ON_FAILURE.find((one) => one === event.currentTarget.value) ?? "keep",
            })
          }
        />
        <NativeSelect
          label={t("movement.lookupOnly")}
          disabled={isReadOnly}
          data={ASKED_FOR.map((value) => ({ value, label: t(`movement.lookupOnlys.${value}`) }))}
          value={lookup.only ?? "changed"}
          onChange={(event) =>
            onChange({
              only: ASKED_FOR.find((one) => one === event.currentTarget.value) ?? "changed",
            })
          }
        />
      </SimpleGrid>
      <LookUpLimits lookup={lookup} isReadOnly={isReadOnly} onChange={onChange} />
    </>
  );
}

function LookUpLimits({ lookup, isReadOnly, onChange }: LookUpPartProps) {
  const { t } = useTranslation();
  const number = (
    label: string,
    name: "concurrency" | "timeout_s" | "retries",
    [fallback, min, max]: [number, number, number],
  ) => (
    <NumberInput
      label={label}
      min={min}
      max={max}
      allowDecimal={name === "timeout_s"}
      readOnly={isReadOnly}
      value={lookup[name] ?? fallback}
      onChange={(value) => {
        if (typeof value === "number") onChange({ [name]: value });
      }}
    />
  );
  return (
    <SimpleGrid cols={{ base: 2, sm: 4 }} style={{ alignItems: "end" }}>
      {number(t("movement.lookupConcurrency"), "concurrency", [8, 1, 64])}
      <NumberInput
        label={t("movement.lookupRate")}
        placeholder={t("movement.lookupRateHelp")}
        min={0}
        readOnly={isReadOnly}
        value={lookup.per_second ?? ""}
        onChange={(value) =>
          onChange({ per_second: typeof value === "number" && value > 0 ? value : null })
        }
      />
      {number(t("movement.lookupTimeout"), "timeout_s", [10, 0.1, 300])}
      {number(t("movement.lookupRetries"), "retries", [3, 0, 10])}
    </SimpleGrid>
  );
}

/** The body as JSON; only an object is passed on. */
function LookUpBody({ lookup, isReadOnly, onChange }: LookUpPartProps) {
  const { t } = useTranslation();
  const [text, setText] = useState(() => JSON.stringify(lookup.body ?? {}, null, 2));
  const [isInvalid, setInvalid] = useState(false);
  return (
    <Textarea
      label={t("movement.lookupBody")}
      description={t("movement.lookupBodyHelp")}
      classNames={{ input: "mono" }}
      autosize
      minRows={2}
      maxRows={12}
      readOnly={isReadOnly}
      error={isInvalid ? t("movement.lookupBodyInvalid") : undefined}
      value={text}
      onChange={(event) => {
        setText(event.currentTarget.value);
        const body = objectIn(event.currentTarget.value);
        setInvalid(body === null);
        if (body !== null) onChange({ body });
      }}
    />
  );
}

function objectIn(text: string): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(text);
    const isObject = typeof value === "object" && value !== null && !Array.isArray(value);
    return isObject ? (value as Record<string, unknown>) : null;
  } catch {
    return null;
  }
}
