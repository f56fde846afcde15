import { Button, SegmentedControl, Stack, Text } from "@mantine/core";
import { useTranslation } from "react-i18next";
import type { ParameterSets } from "@/api/job-sets";
import { useFormats } from "@/i18n/use-formats";
import { FoldedSection } from "@/ui/folded-section";
import { useDateCompletions } from "./date-chips";
import { useJobForm } from "./form-context";
import { emptySet, fitted, namesIn } from "./set-grid";
import { SetGrid } from "./set-grid-table";
import { SetParameters } from "./set-parameters";
import { SetQuery } from "./set-query";

/** One run makes a file of each set: the parameters of the query, and where their values come from. */
export function SectionSets({ isReadOnly }: { isReadOnly: boolean }) {
  const { t } = useTranslation();
  const form = useJobForm();
  const dates = useDateCompletions();
  const { parameterSets: value, sql } = form.values;
  const error = form.errors.parameterSets;
  const set = (next: ParameterSets | null) => form.setFieldValue("parameterSets", next);
  const begin = () => {
    const names = namesIn(
      sql,
      dates.map((one) => one.label),
    );
    const parameters = (names.length > 0 ? names : [""]).map((name) => ({
      name,
      type: "text" as const,
    }));
    set({ parameters, sets: [emptySet(parameters)], query: null });
  };
  return (
    <FoldedSection
      title={t("sets.title")}
      summary={useSummary(value)}
      hasFault={error !== undefined}
    >
      <Stack gap="sm">
        <Text size="xs" c="dimmed">
          {t("sets.help")}
        </Text>
        {error !== undefined && (
          <Text size="xs" c="var(--mantine-color-error)" role="alert">
            {error}
          </Text>
        )}
        {value === null ? (
          !isReadOnly && (
            <Button variant="default" style={{ alignSelf: "flex-start" }} onClick={begin}>
              {t("sets.use")}
            </Button>
          )
        ) : (
          <>
            <SetParameters
              parameters={value.parameters}
              isReadOnly={isReadOnly}
              onChange={(parameters) =>
                set({
                  ...value,
                  parameters,
                  sets: value.sets && fitted(value.sets, parameters, value.parameters),
                })
              }
            />
            <SegmentedControl
              aria-label={t("sets.source")}
              style={{ alignSelf: "flex-start" }}
              readOnly={isReadOnly}
              data={[
                { value: "written", label: t("sets.written") },
                { value: "queried", label: t("sets.queried") },
              ]}
              value={value.query === null ? "written" : "queried"}
              onChange={(source) =>
                set(
                  source === "queried"
                    ? { ...value, sets: null, query: "" }
                    : { ...value, sets: [emptySet(value.parameters)], query: null },
                )
              }
            />
            {value.query === null ? (
              <SetGrid
                sets={value.sets ?? []}
                parameters={value.parameters}
                isReadOnly={isReadOnly}
                onChange={(sets) => set({ ...value, sets })}
              />
            ) : (
              <SetQuery
                value={value}
                isReadOnly={isReadOnly}
                onChange={(query) => set({ ...value, query })}
              />
            )}
            {!isReadOnly && (
              <Button
                variant="subtle"
                color="gray"
                style={{ alignSelf: "flex-start" }}
                onClick={() => set(null)}
              >
                {t("sets.drop")}
              </Button>
            )}
          </>
        )}
      </Stack>
    </FoldedSection>
  );
}

function useSummary(value: ParameterSets | null): string {
  const { t } = useTranslation();
  const formats = useFormats();
  if (value === null) return t("sets.none");
  if (value.query !== null) return t("sets.ofQuery");
  const count = value.sets?.length ?? 0;
  return count === 1 ? t("sets.countOne") : t("sets.count", { n: formats.number(count) });
}
