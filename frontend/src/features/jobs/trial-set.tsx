import { NativeSelect } from "@mantine/core";
import { useMemo, useState } from "react";
import { useTranslation } from "react-i18next";
import type { ParameterSet } from "@/api/job-sets";
import type { Completion } from "@/ui/sql-editor";
import { useJobForm } from "./form-context";
import { useFoundSets } from "./set-query";

/** The dates a query may name, after the parameters of its sets. */
export function useNameCompletions(dates: Completion[]): Completion[] {
  const { t } = useTranslation();
  const parameters = useJobForm().values.parameterSets?.parameters;
  return useMemo(
    () => [
      ...(parameters ?? []).map(({ name, type }) => ({
        label: `:${name}`,
        detail: t(`sets.types.${type}`),
        info: t("sets.title"),
      })),
      ...dates,
    ],
    [dates, parameters, t],
  );
}

/** The set a query is tried with: the one that was chosen, else the first. */
export function useTrialSet() {
  const { t } = useTranslation();
  const { parameterSets } = useJobForm().values;
  const found = useFoundSets(parameterSets);
  const [place, setPlace] = useState(0);
  const sets: readonly ParameterSet[] =
    parameterSets === null ? [] : (parameterSets.sets ?? found.data ?? []);
  const tried = sets[place] ?? sets[0] ?? null;
  const hint = parameterSets !== null && tried === null ? t("sets.noneToTry") : undefined;
  return { sets, tried, hint, setPlace };
}

export function TrialSetSelect({ trial }: { trial: ReturnType<typeof useTrialSet> }) {
  const { t } = useTranslation();
  const { sets, tried, setPlace } = trial;
  if (sets.length < 2 || tried === null) return null;
  return (
    <NativeSelect
      size="xs"
      maw={180}
      aria-label={t("sets.tryWith")}
      data={sets.map((one, place) => ({
        value: String(place),
        label: one.label || Object.values(one.values).join(" "),
      }))}
      value={String(sets.indexOf(tried))}
      onChange={(event) => setPlace(Number(event.currentTarget.value))}
    />
  );
}
