import { Select, SimpleGrid, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { calendarsQuery, OFF_DAY_POLICIES } from "@/api/calendars";
import { useJobForm } from "./form-context";

interface CalendarRuleProps {
  isReadOnly: boolean;
  /** The schedule itself counts business days, so none of its days is off. */
  isByBusinessDays: boolean;
}

/** By which calendar days are business days, and what becomes of times on others. */
export function CalendarRule({ isReadOnly, isByBusinessDays }: CalendarRuleProps) {
  const { t } = useTranslation();
  const form = useJobForm();
  const calendars = useQuery(calendarsQuery);
  const { calendarId, offDayPolicy } = form.values;
  const options = (calendars.data ?? []).map((one) => ({
    value: String(one.calendarId),
    label: one.name,
  }));
  const choose = (value: string | null) => {
    const id = value === "" || value === null ? null : Number(value);
    // A rule that was never chosen shall not make a calendar do nothing.
    const isFirst = calendarId === null && offDayPolicy === "run" && !isByBusinessDays;
    form.setValues({
      calendarId: id,
      offDayPolicy: id === null ? "run" : isFirst ? "skip" : offDayPolicy,
    });
  };
  return (
    <SimpleGrid cols={{ base: 1, sm: 2 }}>
      <Select
        label={t("calendars.calendar")}
        description={t(isByBusinessDays ? "calendars.calendarForMonth" : "calendars.calendarHelp")}
        allowDeselect={false}
        readOnly={isReadOnly}
        required={isByBusinessDays}
        data={[{ value: "", label: t("calendars.none") }, ...options]}
        value={calendarId === null ? "" : String(calendarId)}
        error={form.errors.calendarId}
        onChange={choose}
      />
      {!isReadOnly && calendars.data?.length === 0 && (
        <Text size="sm" style={{ alignSelf: "end" }}>
          <Link to="/calendars">{t("calendars.new")}</Link>
        </Text>
      )}
      {calendarId !== null && !isByBusinessDays && (
        <Select
          label={t("calendars.offDays")}
          description={t(`calendars.policyHelp.${offDayPolicy}`)}
          allowDeselect={false}
          readOnly={isReadOnly}
          data={OFF_DAY_POLICIES.map((one) => ({
            value: one,
            label: t(`calendars.policies.${one}`),
          }))}
          value={offDayPolicy}
          error={form.errors.offDayPolicy}
          onChange={(value) => {
            const chosen = OFF_DAY_POLICIES.find((one) => one === value);
            if (chosen !== undefined) form.setFieldValue("offDayPolicy", chosen);
          }}
        />
      )}
    </SimpleGrid>
  );
}
