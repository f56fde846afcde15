import { NativeSelect, NumberInput, SimpleGrid } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { MODES, VERIFICATIONS, type JobKind, type Movement } from "@/api/job-movement";
import { NameList } from "./name-list";

interface MovementOptionsProps {
  movement: Movement;
  kind: JobKind;
  isReadOnly: boolean;
  onChange: (change: Partial<Movement>) => void;
}

/** What holds for all tables of the job. */
export function MovementOptions({ movement, kind, isReadOnly, onChange }: MovementOptionsProps) {
  const { t } = useTranslation();
  if (kind === "sync") {
    return (
      <NativeSelect
        label={t("movement.onError")}
        disabled={isReadOnly}
        data={(["stop", "continue"] as const).map((value) => ({
          value,
          label: t(`movement.onErrors.${value}`),
        }))}
        value={movement.on_error ?? "stop"}
        onChange={(event) =>
          onChange({ on_error: event.currentTarget.value === "continue" ? "continue" : "stop" })
        }
      />
    );
  }
  return (
    <>
      <SimpleGrid cols={{ base: 1, sm: 2 }}>
        <NameList
          label={t("movement.include")}
          description={t("movement.includeHelp")}
          names={movement.include ?? []}
          isReadOnly={isReadOnly}
          onChange={(include) => onChange({ include })}
        />
        <NameList
          label={t("movement.exclude")}
          description={t("movement.includeHelp")}
          names={movement.exclude ?? []}
          isReadOnly={isReadOnly}
          onChange={(exclude) => onChange({ exclude })}
        />
      </SimpleGrid>
      <SimpleGrid cols={{ base: 1, sm: 2 }}>
        <NativeSelect
          label={t("movement.mode")}
          disabled={isReadOnly}
          data={MODES.map((value) => ({ value, label: t(`movement.modes.${value}`) }))}
          value={movement.mode ?? "replace"}
          onChange={(event) =>
            onChange({ mode: MODES.find((one) => one === event.currentTarget.value) ?? "replace" })
          }
        />
        <NumberInput
          label={t("movement.parallel")}
          min={1}
          max={16}
          allowDecimal={false}
          readOnly={isReadOnly}
          value={movement.parallel ?? 2}
          onChange={(parallel) => {
            if (typeof parallel === "number") onChange({ parallel });
          }}
        />
        <NumberInput
          label={t("movement.splitAbove")}
          description={t("movement.splitAboveHelp")}
          min={0}
          allowDecimal={false}
          readOnly={isReadOnly}
          value={movement.split_above_mb === undefined ? 1024 : (movement.split_above_mb ?? "")}
          onChange={(size) => onChange({ split_above_mb: typeof size === "number" ? size : null })}
        />
        <NativeSelect
          label={t("movement.verify")}
          disabled={isReadOnly}
          data={VERIFICATIONS.map((value) => ({
            value,
            label: t(`movement.verifications.${value}`),
          }))}
          value={movement.verify ?? "counts"}
          onChange={(event) =>
            onChange({
              verify: VERIFICATIONS.find((one) => one === event.currentTarget.value) ?? "counts",
            })
          }
        />
      </SimpleGrid>
    </>
  );
}
