import { Checkbox, Group, Input, Select, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useTranslation } from "react-i18next";
import {
  createCalendar,
  OLD_AFTER_CALENDAR,
  OPTIONAL_DAYS,
  SUBDIVISIONS,
  updateCalendar,
  type Calendar,
  type CalendarDraft,
} from "@/api/calendars";
import { isProblem } from "@/api/problem";
import { useFormats } from "@/i18n/use-formats";
import { fieldErrors } from "@/ui/form-errors";
import { FormModal } from "@/ui/form-modal";
import { useAction } from "@/ui/use-action";
import { useFieldTranslation } from "@/ui/use-field-translation";

const WIRE_NAMES = {
  name: "name",
  subdivision: "subdivision",
  optional_days: "optionalDays",
  weekend: "weekend",
};
const NEW: CalendarDraft = {
  name: "",
  hasNational: true,
  subdivision: null,
  optionalDays: "none",
  weekend: [5, 6],
};
const DAYS = [0, 1, 2, 3, 4, 5, 6];

interface CalendarFormProps {
  calendar: Calendar | null;
  onClose: () => void;
}

/** Name, holidays and weekend of a calendar; its own days have a page. */
export function CalendarForm({ calendar, onClose }: CalendarFormProps) {
  const { t } = useTranslation();
  const formats = useFormats();
  const translate = useFieldTranslation();
  const { name, hasNational, subdivision, optionalDays, weekend } = calendar ?? NEW;
  const form = useForm<CalendarDraft>({
    initialValues: { name, hasNational, subdivision, optionalDays, weekend },
    validate: { name: (value) => (value.trim() === "" ? t("job.required") : null) },
  });
  const save = useAction({
    run: async (values: CalendarDraft) => {
      if (calendar === null) await createCalendar(values);
      else await updateCalendar(calendar, values);
    },
    invalidates: OLD_AFTER_CALENDAR,
    done: (_, values) =>
      t(calendar === null ? "calendars.created" : "calendars.saved", { name: values.name }),
    onDone: onClose,
    onFailed: (error) => {
      form.setErrors(fieldErrors(error, WIRE_NAMES, translate));
      return true;
    },
  });
  const isOfField = isProblem(save.error) && Object.keys(form.errors).length > 0;
  const values = form.values;
  return (
    <FormModal
      title={
        calendar === null ? t("calendars.new") : t("calendars.editTitle", { name: calendar.name })
      }
      submit={t("actions.save")}
      size="lg"
      isBusy={save.isPending}
      error={isOfField ? null : save.error}
      onClose={onClose}
      onSubmit={form.onSubmit((draft) => save.mutate(draft))}
    >
      <TextInput
        label={t("calendars.name")}
        required
        data-autofocus
        {...form.getInputProps("name")}
      />
      <Checkbox
        label={t("calendars.hasNational")}
        checked={values.hasNational}
        onChange={(event) => form.setFieldValue("hasNational", event.currentTarget.checked)}
      />
      {values.hasNational && (
        <Group grow align="flex-start">
          <Select
            label={t("calendars.subdivision")}
            description={t("calendars.subdivisionHelp")}
            searchable
            clearable
            placeholder={t("calendars.noSubdivision")}
            data={SUBDIVISIONS}
            {...form.getInputProps("subdivision")}
          />
          <Select
            label={t("calendars.optional")}
            description={t(`calendars.optionalHelp.${values.optionalDays}`)}
            allowDeselect={false}
            data={OPTIONAL_DAYS.map((one) => ({
              value: one,
              label: t(`calendars.optionalDays.${one}`),
            }))}
            {...form.getInputProps("optionalDays")}
          />
        </Group>
      )}
      <Input.Wrapper
        label={t("calendars.weekend")}
        labelElement="div"
        description={t("calendars.weekendHelp")}
        error={form.errors.weekend}
      >
        <Checkbox.Group
          value={values.weekend.map(String)}
          onChange={(days) => form.setFieldValue("weekend", days.map(Number))}
        >
          <Group gap="sm" mt={6}>
            {DAYS.map((day) => (
              <Checkbox
                key={day}
                value={String(day)}
                label={formats.weekday(day).replace(".", "")}
              />
            ))}
          </Group>
        </Checkbox.Group>
      </Input.Wrapper>
    </FormModal>
  );
}
