import { Button, Checkbox, Group, Text, TextInput } from "@mantine/core";
import {
  IconCalendarPlus,
  IconChevronLeft,
  IconChevronRight,
  IconClipboardText,
} from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import {
  calendarYearQuery,
  OLD_AFTER_CALENDAR,
  replaceDays,
  type CalendarDetail,
  type OwnDay,
  type YearDay,
} from "@/api/calendars";
import { useFormats } from "@/i18n/use-formats";
import { FIRST_YEAR, LAST_YEAR } from "@/lib/calendar-years";
import { EmptyState } from "@/ui/empty-state";
import { IconButton } from "@/ui/icon-button";
import { QueryView } from "@/ui/query-view";
import { Section } from "@/ui/section";
import { useAction } from "@/ui/use-action";
import { PasteDays } from "./paste-days";
import { YearTable, type DayChange } from "./year-table";

interface CalendarDaysProps {
  calendar: CalendarDetail;
  year: number;
  mayEdit: boolean;
  onYear: (year: number) => void;
}

const isOf = (own: OwnDay, day: YearDay) =>
  own.day === day.day || (own.isYearly && own.day.slice(5) === day.day.slice(5));

/** The days of a year that are off, computed and own; own ones are added and removed here. */
export function CalendarDays({ calendar, year, mayEdit, onYear }: CalendarDaysProps) {
  const { t } = useTranslation();
  const formats = useFormats();
  const found = useQuery(calendarYearQuery(calendar.calendarId, year));
  const [isPasting, setPasting] = useState(false);
  const save = useAction({
    run: (days: OwnDay[]) => replaceDays(calendar, days),
    invalidates: OLD_AFTER_CALENDAR,
    done: () => t("calendars.saved", { name: calendar.name }),
  });
  const replace = (days: OwnDay[], onSuccess?: () => void) => {
    // The next change begins with the days that this one leaves.
    if (!save.isPending) save.mutate(days, onSuccess && { onSuccess });
  };
  const total = (found.data?.businessDays ?? []).reduce((sum, count) => sum + count, 0);
  const change: DayChange = {
    remove: (day) => replace(calendar.days.filter((own) => own.isTakenOut || !isOf(own, day))),
    putBack: (day) => replace(calendar.days.filter((own) => !own.isTakenOut || !isOf(own, day))),
    takeOut: ({ day, name }) =>
      replace([...calendar.days, { day, name, isYearly: false, isTakenOut: true }]),
  };
  return (
    <Section
      title={t("calendars.daysOf", { year })}
      isFlush
      aside={
        <Group gap={6}>
          <Text size="xs" c="dimmed">
            {t("calendars.businessDaysOfYear", { n: formats.number(total) })}
          </Text>
          <IconButton
            label={t("calendars.yearBefore")}
            disabled={year <= FIRST_YEAR}
            onClick={() => onYear(year - 1)}
          >
            <IconChevronLeft size={16} />
          </IconButton>
          <Text size="sm" fw={600}>
            {year}
          </Text>
          <IconButton
            label={t("calendars.yearAfter")}
            disabled={year >= LAST_YEAR}
            onClick={() => onYear(year + 1)}
          >
            <IconChevronRight size={16} />
          </IconButton>
        </Group>
      }
    >
      {mayEdit && (
        <AddDay
          year={year}
          isBusy={save.isPending}
          onAdd={(day, onAdded) => replace([...calendar.days, day], onAdded)}
          onPaste={() => setPasting(true)}
        />
      )}
      <QueryView
        query={found}
        isEmpty={({ days }) => days.length === 0}
        empty={
          <EmptyState
            icon={IconCalendarPlus}
            title={t("calendars.noDays", { year })}
            help={t("calendars.noDaysHelp")}
          />
        }
      >
        {({ days }) => (
          <YearTable
            days={days}
            weekend={calendar.weekend}
            isYearly={(day) => calendar.days.some((own) => own.isYearly && isOf(own, day))}
            change={mayEdit ? change : null}
          />
        )}
      </QueryView>
      {isPasting && <PasteDays calendar={calendar} onClose={() => setPasting(false)} />}
    </Section>
  );
}

interface AddDayProps {
  year: number;
  isBusy: boolean;
  onAdd: (day: OwnDay, onAdded: () => void) => void;
  onPaste: () => void;
}

function AddDay({ year, isBusy, onAdd, onPaste }: AddDayProps) {
  const { t } = useTranslation();
  const [day, setDay] = useState("");
  const [name, setName] = useState("");
  const [isYearly, setYearly] = useState(false);
  const isWhole = day !== "" && name.trim() !== "";
  const add = () =>
    onAdd({ day, name: name.trim(), isYearly, isTakenOut: false }, () =>
      // The next one may have been typed meanwhile.
      setName((typed) => (typed === name ? "" : typed)),
    );
  return (
    <Group gap="xs" px="md" py="sm" align="flex-end">
      <TextInput
        type="date"
        size="xs"
        label={t("calendars.day")}
        min={`${year}-01-01`}
        value={day}
        onChange={(event) => setDay(event.currentTarget.value)}
      />
      <TextInput
        size="xs"
        label={t("calendars.dayName")}
        placeholder={t("calendars.dayNameHint")}
        value={name}
        onChange={(event) => setName(event.currentTarget.value)}
        onKeyDown={(event) => {
          if (event.key === "Enter" && isWhole) add();
        }}
      />
      <Checkbox
        size="xs"
        pb={6}
        label={t("calendars.everyYear")}
        checked={isYearly}
        onChange={(event) => setYearly(event.currentTarget.checked)}
      />
      <Button size="xs" variant="light" loading={isBusy} disabled={!isWhole} onClick={add}>
        {t("calendars.addDay")}
      </Button>
      <Button
        size="xs"
        variant="default"
        leftSection={<IconClipboardText size={14} />}
        onClick={onPaste}
      >
        {t("calendars.paste")}
      </Button>
    </Group>
  );
}
