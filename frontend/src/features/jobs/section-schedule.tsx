import { Select, Stack } from "@mantine/core";
import { useMemo } from "react";
import { useTranslation } from "react-i18next";
import { formatSchedule, parseSchedule } from "@/lib/schedule";
import { timeZones } from "@/lib/zones";
import { Section } from "@/ui/section";
import { useJobForm } from "./form-context";
import { ScheduleInput } from "./schedule-input";

interface SectionScheduleProps {
  isReadOnly: boolean;
  defaultZone: string;
}

export function SectionSchedule({ isReadOnly, defaultZone }: SectionScheduleProps) {
  const { t } = useTranslation();
  const form = useJobForm();
  const { schedule, timeZone } = form.values;
  const slots = useMemo(() => parseSchedule(schedule), [schedule]);
  const zones = useMemo(
    () => [
      { value: "", label: t("job.zoneDefault", { zone: defaultZone }) },
      ...timeZones().map((zone) => ({ value: zone, label: zone })),
    ],
    [t, defaultZone],
  );
  const error = form.errors.schedule;
  return (
    <Section title={t("job.sections.schedule")}>
      <Stack gap="md">
        <ScheduleInput
          value={slots}
          error={typeof error === "string" ? error : undefined}
          isReadOnly={isReadOnly}
          onChange={(next) => form.setFieldValue("schedule", formatSchedule(next))}
        />
        <Select
          label={t("job.zone")}
          maw={360}
          searchable
          allowDeselect={false}
          readOnly={isReadOnly}
          data={zones}
          limit={60}
          value={timeZone ?? ""}
          error={form.errors.timeZone}
          onChange={(value) => form.setFieldValue("timeZone", value === "" ? null : value)}
        />
      </Stack>
    </Section>
  );
}
