import {
  Checkbox,
  Group,
  NumberInput,
  SegmentedControl,
  Select,
  Stack,
  Switch,
  TagsInput,
  Text,
  TextInput,
} from "@mantine/core";
import { useForm } from "@mantine/form";
import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { channelsQuery, hasRecipients } from "@/api/channels";
import { connectionsQuery } from "@/api/connections";
import { createRule, TOPICS, updateRule, type NotificationRule } from "@/api/notifications";
import { fieldErrors } from "@/ui/form-errors";
import { FormModal } from "@/ui/form-modal";
import { useAction } from "@/ui/use-action";
import { useFieldTranslation } from "@/ui/use-field-translation";
import { GATHERINGS, NEW_RULE, RULE_WIRE_NAMES, ruleDraft, ruleValues } from "./rule-values";

interface RuleFormProps {
  /** Null for a new one. */
  rule: NotificationRule | null;
  /** Null for a rule of several jobs. */
  jobId: number | null;
  onClose: () => void;
}

export function RuleForm({ rule, jobId, onClose }: RuleFormProps) {
  const { t } = useTranslation();
  const translate = useFieldTranslation();
  const channels = useQuery(channelsQuery);
  const connections = useQuery({ ...connectionsQuery, enabled: jobId === null });
  const form = useForm({
    initialValues: rule === null ? NEW_RULE : ruleValues(rule),
    validate: {
      channelId: (value) => (value === null ? t("job.required") : null),
      topics: (value) => (value.length === 0 ? t("job.required") : null),
    },
  });
  const { gathering, quietStart, attachDataset, channelId } = form.values;
  const channel = channels.data?.find((one) => String(one.channelId) === channelId);
  const isMail = channel?.kind === "email";
  const save = useAction({
    run: (values: typeof form.values) => {
      const draft = ruleDraft(values, jobId, rule?.mutedUntil ?? null, isMail);
      return rule === null ? createRule(draft) : updateRule(rule.ruleId, draft);
    },
    invalidates: [["notification-rules"]],
    done: () => t("rules.saved"),
    onDone: onClose,
    onFailed: (error) => {
      form.setErrors(fieldErrors(error, RULE_WIRE_NAMES, translate));
      return true;
    },
  });
  return (
    <FormModal
      title={rule === null ? t("rules.new") : t("rules.edit")}
      submit={t("actions.save")}
      size="lg"
      isBusy={save.isPending}
      error={Object.keys(form.errors).length > 0 ? null : save.error}
      onClose={onClose}
      onSubmit={form.onSubmit((values) => save.mutate(values))}
    >
      {jobId === null && (
        <Select
          label={t("rules.scope")}
          placeholder={t("rules.allJobs")}
          clearable
          data={(connections.data ?? []).map((one) => ({
            value: String(one.connectionId),
            label: t("rules.ofConnection", { name: one.name }),
          }))}
          {...form.getInputProps("connectionId")}
        />
      )}
      <Checkbox.Group label={t("rules.topics")} {...form.getInputProps("topics")}>
        <Stack gap={6} mt={6}>
          {TOPICS.map((topic) => (
            <Checkbox key={topic} value={topic} label={t(`rules.topicsHelp.${topic}`)} />
          ))}
        </Stack>
      </Checkbox.Group>
      <Switch
        label={t("rules.onlyChanges")}
        {...form.getInputProps("onlyChanges", { type: "checkbox" })}
      />
      <Select
        label={t("rules.channel")}
        required
        data={(channels.data ?? []).map((one) => ({
          value: String(one.channelId),
          label: `${one.name} (${t(`channels.kinds.${one.kind}`)})`,
        }))}
        nothingFoundMessage={t("channels.empty")}
        {...form.getInputProps("channelId")}
      />
      {channel && hasRecipients(channel.kind) && (
        <TagsInput
          label={t("channels.recipients")}
          description={t("rules.recipientsHelp")}
          splitChars={[",", ";", " "]}
          acceptValueOnBlur
          {...form.getInputProps("recipients")}
        />
      )}
      {isMail && (
        <Group gap="sm" align="flex-end">
          <Switch
            label={t("rules.attach")}
            {...form.getInputProps("attachDataset", { type: "checkbox" })}
          />
          {attachDataset && (
            <NumberInput
              label={t("rules.attachLimit")}
              w={140}
              min={1}
              max={25}
              suffix=" MB"
              {...form.getInputProps("attachLimitMb")}
            />
          )}
        </Group>
      )}
      <div>
        <Text size="sm" fw={500} mb={4}>
          {t("rules.gathering")}
        </Text>
        <Group gap="sm">
          <SegmentedControl
            aria-label={t("rules.gathering")}
            data={GATHERINGS.map((value) => ({ value, label: t(`rules.gatherings.${value}`) }))}
            {...form.getInputProps("gathering")}
          />
          {gathering === "every" && (
            <NumberInput
              aria-label={t("rules.everyMinutes")}
              w={120}
              min={1}
              max={10_080}
              suffix=" min"
              {...form.getInputProps("digestEveryMin")}
            />
          )}
          {gathering === "daily" && (
            <TextInput
              type="time"
              aria-label={t("rules.dailyAt")}
              {...form.getInputProps("digestAt")}
            />
          )}
        </Group>
      </div>
      <Group gap="sm" align="flex-end">
        <TextInput
          type="time"
          label={t("rules.quietStart")}
          {...form.getInputProps("quietStart")}
        />
        <TextInput type="time" label={t("rules.quietEnd")} {...form.getInputProps("quietEnd")} />
        {quietStart !== "" && (
          <Switch
            mb={8}
            label={t("rules.failuresPass")}
            {...form.getInputProps("failuresPass", { type: "checkbox" })}
          />
        )}
      </Group>
      <Text size="xs" c="dimmed">
        {t("rules.quietHelp")}
      </Text>
    </FormModal>
  );
}
