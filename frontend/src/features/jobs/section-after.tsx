import { ActionIcon, Group, NativeSelect, Select, Stack, Text } from "@mantine/core";
import { IconTrash } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { CONDITIONS, type Dependency } from "@/api/job-plan";
import { jobsQuery, type Job } from "@/api/jobs";
import { useFormats } from "@/i18n/use-formats";
import { FoldedSection } from "@/ui/folded-section";
import { useJobForm } from "./form-context";

interface SectionAfterProps {
  isReadOnly: boolean;
  /** Null for a new job. */
  base: Job | null;
}

/** The jobs whose runs start this one. */
export function SectionAfter({ isReadOnly, base }: SectionAfterProps) {
  const { t } = useTranslation();
  const formats = useFormats();
  const form = useJobForm();
  const jobs = useQuery(jobsQuery);
  const { after } = form.values;
  const nameOf = (jobId: number) =>
    jobs.data?.find((job) => job.jobId === jobId)?.name ?? String(jobId);
  const set = (next: Dependency[]) => form.setFieldValue("after", next);
  const taken = new Set([base?.jobId, ...after.map(({ jobId }) => jobId)]);
  const free = (jobs.data ?? []).filter((job) => !taken.has(job.jobId));
  const followers = base?.followedBy ?? [];
  return (
    <FoldedSection
      title={t("after.title")}
      summary={
        after.length === 0 ? t("after.none") : formats.list(after.map((one) => nameOf(one.jobId)))
      }
      hasFault={form.errors.after !== undefined}
    >
      <Stack gap="sm">
        <Text size="xs" c="dimmed">
          {t("after.help")}
        </Text>
        {after.map(({ jobId, condition }) => (
          <Group key={jobId} gap="xs" wrap="nowrap">
            <Link to="/jobs/$jobId" params={{ jobId: String(jobId) }} className="truncate">
              {nameOf(jobId)}
            </Link>
            <NativeSelect
              size="xs"
              aria-label={t("after.condition", { name: nameOf(jobId) })}
              disabled={isReadOnly}
              data={CONDITIONS.map((value) => ({ value, label: t(`after.conditions.${value}`) }))}
              value={condition}
              onChange={(event) => {
                const chosen = event.currentTarget.value as Dependency["condition"];
                set(after.map((one) => (one.jobId === jobId ? { jobId, condition: chosen } : one)));
              }}
            />
            {!isReadOnly && (
              <ActionIcon
                variant="subtle"
                color="gray"
                aria-label={t("after.remove", { name: nameOf(jobId) })}
                onClick={() => set(after.filter((one) => one.jobId !== jobId))}
              >
                <IconTrash size={15} />
              </ActionIcon>
            )}
          </Group>
        ))}
        {!isReadOnly && (
          <Select
            label={t("after.add")}
            maw={420}
            searchable
            limit={50}
            nothingFoundMessage={t("table.noMatch")}
            data={free.map((job) => ({ value: String(job.jobId), label: job.name }))}
            value={null}
            error={form.errors.after}
            onChange={(value) => {
              if (value !== null) set([...after, { jobId: Number(value), condition: "success" }]);
            }}
          />
        )}
        {followers.length > 0 && (
          <Text size="sm">
            {t("after.followers")}:{" "}
            {followers.map(({ jobId, name }, index) => (
              <span key={jobId}>
                {index > 0 && ", "}
                <Link to="/jobs/$jobId" params={{ jobId: String(jobId) }}>
                  {name}
                </Link>
              </span>
            ))}
          </Text>
        )}
      </Stack>
    </FoldedSection>
  );
}
