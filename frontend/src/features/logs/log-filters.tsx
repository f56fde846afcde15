import { Button, Group, MultiSelect, NumberInput, TextInput } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { LOG_LEVELS } from "@/api/logs";
import { SearchInput } from "@/ui/search-input";
import { isFiltered, type LogListFilter } from "./log-filter";

interface LogFiltersProps {
  filter: LogListFilter;
  onChange: (change: Partial<LogListFilter>) => void;
}

const toNumber = (value: string | number) =>
  typeof value === "number" && value > 0 ? value : null;

export function LogFilters({ filter, onChange }: LogFiltersProps) {
  const { t } = useTranslation();
  return (
    <Group gap="xs" px="md" py="sm">
      <SearchInput value={filter.q} label={t("logs.search")} onChange={(q) => onChange({ q })} />
      <MultiSelect
        size="xs"
        w={{ base: "100%", xs: 220 }}
        clearable
        placeholder={filter.levels.length === 0 ? t("logs.filters.level") : undefined}
        aria-label={t("logs.filters.level")}
        value={filter.levels}
        data={LOG_LEVELS.map((level) => ({ value: level, label: t(`logs.levels.${level}`) }))}
        onChange={(levels) => onChange({ levels })}
      />
      <TextInput
        size="xs"
        w={120}
        placeholder={t("logs.filters.user")}
        aria-label={t("logs.filters.user")}
        value={filter.user}
        onChange={(event) => onChange({ user: event.currentTarget.value })}
      />
      <NumberInput
        size="xs"
        w={140}
        hideControls
        allowDecimal={false}
        min={1}
        placeholder={t("logs.filters.job")}
        aria-label={t("logs.filters.job")}
        value={filter.jobId ?? ""}
        onChange={(value) => onChange({ jobId: toNumber(value) })}
      />
      <NumberInput
        size="xs"
        w={150}
        hideControls
        allowDecimal={false}
        min={1}
        placeholder={t("logs.filters.run")}
        aria-label={t("logs.filters.run")}
        value={filter.runId ?? ""}
        onChange={(value) => onChange({ runId: toNumber(value) })}
      />
      {isFiltered(filter) && (
        <Button
          variant="subtle"
          onClick={() => onChange({ q: "", levels: [], user: "", jobId: null, runId: null })}
        >
          {t("actions.clear")}
        </Button>
      )}
    </Group>
  );
}
