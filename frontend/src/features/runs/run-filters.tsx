import { Button, Group, MultiSelect, SegmentedControl, Select } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import { useTranslation } from "react-i18next";
import { jobsQuery } from "@/api/jobs";
import { RUN_STATES, TRIGGERS } from "@/lib/run-state";
import { SearchInput } from "@/ui/search-input";
import { isFiltered, type RunListFilter } from "./run-filter";

interface RunFiltersProps {
  filter: RunListFilter;
  onChange: (change: Partial<RunListFilter>) => void;
}

export function RunFilters({ filter, onChange }: RunFiltersProps) {
  const { t } = useTranslation();
  const jobs = useQuery({ ...jobsQuery, staleTime: 60_000 });
  const jobOptions = useMemo(
    () => (jobs.data ?? []).map((job) => ({ value: String(job.jobId), label: job.name })),
    [jobs.data],
  );
  return (
    <Group gap="xs" px="md" py="sm">
      <SearchInput
        value={filter.q}
        label={t("runs.search")}
        width={220}
        onChange={(q) => onChange({ q })}
      />
      <MultiSelect
        size="xs"
        w={{ base: "100%", xs: 220 }}
        clearable
        placeholder={filter.states.length === 0 ? t("runs.filters.state") : undefined}
        aria-label={t("runs.filters.state")}
        value={filter.states}
        data={RUN_STATES.map((state) => ({ value: state, label: t(`states.${state}`) }))}
        onChange={(states) => onChange({ states: states })}
      />
      <Select
        size="xs"
        w={150}
        clearable
        placeholder={t("runs.filters.trigger")}
        aria-label={t("runs.filters.trigger")}
        value={filter.trigger}
        data={TRIGGERS.map((trigger) => ({ value: trigger, label: t(`triggers.${trigger}`) }))}
        onChange={(trigger) => onChange({ trigger: trigger })}
      />
      <Select
        size="xs"
        w={200}
        clearable
        searchable
        limit={50}
        placeholder={t("runs.filters.job")}
        aria-label={t("runs.filters.job")}
        value={filter.jobId === null ? null : String(filter.jobId)}
        data={jobOptions}
        onChange={(value) => onChange({ jobId: value === null ? null : Number(value) })}
      />
      <SegmentedControl
        size="xs"
        aria-label={t("runs.filters.period")}
        value={filter.period ?? "all"}
        data={(["day", "week", "month", "all"] as const).map((value) => ({
          value,
          label: t(`runs.periods.${value}`),
        }))}
        onChange={(value) => onChange({ period: value === "all" ? null : value })}
      />
      {isFiltered(filter) && (
        <Button
          variant="subtle"
          onClick={() => onChange({ q: "", states: [], trigger: null, jobId: null, period: null })}
        >
          {t("actions.clear")}
        </Button>
      )}
    </Group>
  );
}
