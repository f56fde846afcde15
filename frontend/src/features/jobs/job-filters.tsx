import { Button, Group, MultiSelect, Select, Text } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { useFormats } from "@/i18n/use-formats";
import { RUN_STATES } from "@/lib/run-state";
import { SearchInput } from "@/ui/search-input";
import type { JobFilter } from "./job-filter";
import { asWritten } from "./tags";

// Room for so many chosen ones in one line.
const TAGS_WIDTH = [150, 200, 280, 340];

interface JobFiltersProps {
  filter: JobFilter;
  connections: string[];
  /** Every tag that a job has. */
  tags: string[];
  shown: number;
  onChange: (change: Partial<JobFilter>) => void;
}

export function JobFilters({ filter, connections, tags, shown, onChange }: JobFiltersProps) {
  const { t } = useTranslation();
  const formats = useFormats();
  const isFiltered =
    filter.q !== "" ||
    filter.status !== null ||
    filter.connection !== null ||
    filter.last !== null ||
    filter.tags.length > 0;
  const chosenTags = asWritten(filter.tags, tags);
  return (
    <Group gap="xs" px="md" py="sm">
      <SearchInput value={filter.q} label={t("jobs.search")} onChange={(q) => onChange({ q })} />
      <Select
        size="xs"
        w={130}
        clearable
        placeholder={t("jobs.filters.status")}
        aria-label={t("jobs.filters.status")}
        value={filter.status}
        data={[
          { value: "active", label: t("jobs.active") },
          { value: "inactive", label: t("jobs.inactive") },
        ]}
        onChange={(value) => onChange({ status: value })}
      />
      <Select
        size="xs"
        w={160}
        clearable
        searchable
        placeholder={t("jobs.filters.connection")}
        aria-label={t("jobs.filters.connection")}
        value={filter.connection}
        data={connections}
        onChange={(connection) => onChange({ connection })}
      />
      <Select
        size="xs"
        w={160}
        clearable
        placeholder={t("jobs.filters.last")}
        aria-label={t("jobs.filters.last")}
        value={filter.last}
        data={RUN_STATES.map((state) => ({ value: state, label: t(`states.${state}`) }))}
        onChange={(last) => onChange({ last })}
      />
      {(tags.length > 0 || chosenTags.length > 0) && (
        <MultiSelect
          size="xs"
          w={{ base: "100%", xs: TAGS_WIDTH[Math.min(chosenTags.length, 3)] }}
          styles={{ inputField: { minWidth: 30 } }}
          clearable
          searchable
          placeholder={chosenTags.length === 0 ? t("jobs.filters.tags") : undefined}
          aria-label={t("jobs.filters.tags")}
          value={chosenTags}
          data={asWritten([...tags, ...chosenTags], tags)}
          onChange={(next) => onChange({ tags: next })}
        />
      )}
      {isFiltered && (
        <Button
          variant="subtle"
          onClick={() => onChange({ q: "", status: null, connection: null, last: null, tags: [] })}
        >
          {t("actions.clear")}
        </Button>
      )}
      <Text size="xs" c="dimmed" ml="auto" aria-live="polite">
        {t("table.total", { count: shown, n: formats.number(shown) })}
      </Text>
    </Group>
  );
}
