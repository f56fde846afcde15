import { Button, Group, Select } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import { useTranslation } from "react-i18next";
import { channelsQuery } from "@/api/channels";
import { jobsQuery } from "@/api/jobs";
import { NOTIFICATION_STATES, type NotificationFilter } from "@/api/notifications";

export type SentFilter = Omit<NotificationFilter, "page" | "size">;

const numberOf = (value: string | null) => (value === null ? null : Number(value));
const textOf = (value: number | null) => (value === null ? null : String(value));

interface SentFiltersProps {
  filter: SentFilter;
  onChange: (change: Partial<SentFilter>) => void;
}

export function isSentFiltered({ state, channelId, jobId }: SentFilter): boolean {
  return state !== null || channelId !== null || jobId !== null;
}

export function SentFilters({ filter, onChange }: SentFiltersProps) {
  const { t } = useTranslation();
  const channels = useQuery(channelsQuery);
  const jobs = useQuery({ ...jobsQuery, staleTime: 60_000 });
  const jobOptions = useMemo(
    () => (jobs.data ?? []).map((job) => ({ value: String(job.jobId), label: job.name })),
    [jobs.data],
  );
  return (
    <Group gap="xs" px="md" py="sm">
      <Select
        size="xs"
        w={180}
        clearable
        aria-label={t("notifications.state")}
        placeholder={t("notifications.allStates")}
        data={NOTIFICATION_STATES.map((value) => ({
          value,
          label: t(`notifications.states.${value}`),
        }))}
        value={filter.state}
        onChange={(state) => onChange({ state })}
      />
      <Select
        size="xs"
        w={180}
        clearable
        searchable
        aria-label={t("rules.channel")}
        placeholder={t("rules.channel")}
        data={(channels.data ?? []).map(({ channelId, name }) => ({
          value: String(channelId),
          label: name,
        }))}
        value={textOf(filter.channelId)}
        onChange={(value) => onChange({ channelId: numberOf(value) })}
      />
      <Select
        size="xs"
        w={220}
        clearable
        searchable
        limit={50}
        aria-label={t("runs.filters.job")}
        placeholder={t("runs.filters.job")}
        data={jobOptions}
        value={textOf(filter.jobId)}
        onChange={(value) => onChange({ jobId: numberOf(value) })}
      />
      {isSentFiltered(filter) && (
        <Button
          variant="subtle"
          onClick={() => onChange({ state: null, channelId: null, jobId: null })}
        >
          {t("actions.clear")}
        </Button>
      )}
    </Group>
  );
}
