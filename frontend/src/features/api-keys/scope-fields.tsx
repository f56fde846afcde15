import { Checkbox, Group, NumberInput, Textarea, TextInput } from "@mantine/core";
import type { UseFormReturnType } from "@mantine/form";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { KEY_ACTIONS } from "@/api/api-keys";
import { linesOf, type ScopeValues } from "./key-values";

/** What must be filled in. */
export function useScopeRules() {
  const { t } = useTranslation();
  return {
    name: (value: string) => (value.trim() === "" ? t("job.required") : null),
    datasets: (value: string) => (linesOf(value).length === 0 ? t("job.required") : null),
    actions: (value: readonly string[]) => (value.length === 0 ? t("job.required") : null),
  };
}

interface ScopeFieldsProps {
  // The form has fields of its own beside these.
  form: Pick<UseFormReturnType<ScopeValues>, "getInputProps">;
  /** Until when the key is valid; stands below its name. */
  end: ReactNode;
}

/** Name of a key, and what it opens, for what, from where and how often. */
export function ScopeFields({ form, end }: ScopeFieldsProps) {
  const { t } = useTranslation();
  return (
    <>
      <TextInput
        label={t("keys.name")}
        description={t("keys.nameHelp")}
        required
        data-autofocus
        {...form.getInputProps("name")}
      />
      {end}
      <Textarea
        label={t("keys.datasets")}
        description={t("keys.datasetsHelp")}
        required
        autosize
        minRows={2}
        {...form.getInputProps("datasets")}
      />
      <Checkbox.Group label={t("keys.actions")} {...form.getInputProps("actions")}>
        <Group mt={4}>
          {KEY_ACTIONS.map((action) => (
            <Checkbox key={action} value={action} label={t(`keys.actionNames.${action}`)} />
          ))}
        </Group>
      </Checkbox.Group>
      <Textarea
        label={t("keys.networks")}
        description={t("keys.networksHelp")}
        autosize
        {...form.getInputProps("networks")}
      />
      <NumberInput
        label={t("keys.rate")}
        description={t("keys.rateHelp")}
        min={1}
        max={100000}
        {...form.getInputProps("rate")}
      />
    </>
  );
}
