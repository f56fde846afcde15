import { Group, Select, SimpleGrid, Stack, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useMemo, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { calendarsQuery } from "@/api/calendars";
import { formatSchedule, parseSchedule } from "@/lib/schedule";
import { timeZones } from "@/lib/zones";
import { Section } from "@/ui/section";
import { CalendarRule } from "./calendar-rule";
import { CronInput } from "./cron-input";
import { DateField } from "./date-field";
import { EveryInput } from "./every-input";
import { useJobForm } from "./form-context";
import { MonthDaysInput } from "./month-days-input";
import { kindOf, PLAN_KINDS, timesOf, type PlanKind } from "./plan-kind";
import { ScheduleInput } from "./schedule-input";
import { Key } from "./schedule-part";
import { WeekGrid } from "./week-grid";

interface SectionScheduleProps {
  isReadOnly: boolean;
  defaultZone: string;
}

export function SectionSchedule({ isReadOnly, defaultZone }: SectionScheduleProps) {
  const { t } = useTranslation();
  const form = useJobForm();
  const { schedule, cronText, everyMinutes, businessDays } = form.values;
  const calendars = useQuery(calendarsQuery);
  const [kind, setKind] = useState<PlanKind>(kindOf(form.values));
  const before = useRef(form.values);
  const slots = useMemo(() => parseSchedule(schedule), [schedule]);
  const choose = (next: PlanKind) => {
    before.current = {
      ...before.current,
      ...(kind === "times" || kind === "grid" ? { schedule } : {}),
      cronText: cronText ?? before.current.cronText,
      everyMinutes: everyMinutes ?? before.current.everyMinutes,
      businessDays: businessDays ?? before.current.businessDays,
    };
    const first = calendars.data?.[0]?.calendarId ?? null;
    const isBare = next === "month" && form.values.calendarId === null;
    form.setValues({ ...timesOf(next, before.current), ...(isBare ? { calendarId: first } : {}) });
    setKind(next);
  };
  const error = form.errors.schedule;
  return (
    <Section title={t("job.sections.schedule")}>
      <Stack gap="md">
        <fieldset
          disabled={isReadOnly}
          aria-label={t("plan.kind")}
          style={{ margin: 0, padding: 0, border: 0 }}
        >
          <Group gap={4}>
            {PLAN_KINDS.map((one) => (
              <Key
                key={one}
                label={t(`plan.kinds.${one}`)}
                isOn={kind === one}
                onToggle={() => choose(one)}
              />
            ))}
          </Group>
          <Text size="xs" c="dimmed" mt={4}>
            {t(`plan.kindHelp.${kind}`)}
          </Text>
        </fieldset>
        {kind === "times" && (
          <ScheduleInput
            value={slots}
            error={typeof error === "string" ? error : undefined}
            isReadOnly={isReadOnly}
            onChange={(next) => form.setFieldValue("schedule", formatSchedule(next))}
          />
        )}
        {kind === "grid" && (
          <WeekGrid
            value={schedule}
            isReadOnly={isReadOnly}
            onChange={(next) => form.setFieldValue("schedule", next)}
          />
        )}
        {kind === "cron" && <CronInput isReadOnly={isReadOnly} />}
        {kind === "every" && <EveryInput isReadOnly={isReadOnly} />}
        {kind === "month" && <MonthDaysInput isReadOnly={isReadOnly} />}
        <CalendarRule isReadOnly={isReadOnly} isByBusinessDays={kind === "month"} />
        <Validity isReadOnly={isReadOnly} defaultZone={defaultZone} />
      </Stack>
    </Section>
  );
}

/** In which zone the times are read, and from which day to which they count. */
function Validity({ isReadOnly, defaultZone }: SectionScheduleProps) {
  const { t } = useTranslation();
  const form = useJobForm();
  const zones = useMemo(
    () => [
      { value: "", label: t("job.zoneDefault", { zone: defaultZone }) },
      ...timeZones().map((zone) => ({ value: zone, label: zone })),
    ],
    [t, defaultZone],
  );
  return (
    <SimpleGrid cols={{ base: 1, sm: 3 }}>
      <Select
        label={t("job.zone")}
        searchable
        allowDeselect={false}
        readOnly={isReadOnly}
        data={zones}
        limit={60}
        value={form.values.timeZone ?? ""}
        error={form.errors.timeZone}
        onChange={(value) => form.setFieldValue("timeZone", value === "" ? null : value)}
      />
      <DateField field="startsOn" label={t("plan.startsOn")} isReadOnly={isReadOnly} />
      <DateField field="endsOn" label={t("plan.endsOn")} isReadOnly={isReadOnly} />
    </SimpleGrid>
  );
}
