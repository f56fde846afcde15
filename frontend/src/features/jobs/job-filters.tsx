import { Button, Group, Select, Text } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { useFormats } from "@/i18n/use-formats";
import { RUN_STATES } from "@/lib/run-state";
import { SearchInput } from "@/ui/search-input";
import type { JobFilter } from "./job-filter";

interface JobFiltersProps {
  filter: JobFilter;
  connections: string[];
  shown: number;
  onChange: (change: Partial<JobFilter>) => void;
}

export function JobFilters({ filter, connections, shown, onChange }: JobFiltersProps) {
  const { t } = useTranslation();
  const formats = useFormats();
  const isFiltered =
    filter.q !== "" || filter.status !== null || filter.connection !== null || filter.last !== null;
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
      {isFiltered && (
        <Button
          variant="subtle"
          onClick={() => onChange({ q: "", status: null, connection: null, last: null })}
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
