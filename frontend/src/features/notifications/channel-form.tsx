import {
  Button,
  Group,
  NumberInput,
  PasswordInput,
  SegmentedControl,
  Select,
  TagsInput,
  Text,
  TextInput,
  Textarea,
} from "@mantine/core";
import { useForm } from "@mantine/form";
import { IconRefresh } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import {
  CHANNEL_KINDS,
  channelsQuery,
  createChannel,
  hasRecipients,
  updateChannel,
  type Channel,
} from "@/api/channels";
import { LOCALES } from "@/i18n";
import type { Locale } from "@/lib/format";
import { fieldErrors } from "@/ui/form-errors";
import { FormModal } from "@/ui/form-modal";
import { useAction } from "@/ui/use-action";
import { useFieldTranslation } from "@/ui/use-field-translation";
import {
  draftFrom,
  emptyValues,
  newSigningSecret,
  SECURITIES,
  valuesOf,
  WIRE_NAMES,
} from "./channel-values";

interface ChannelFormProps {
  /** Null for a new one. */
  channel: Channel | null;
  onClose: () => void;
}

export function ChannelForm({ channel, onClose }: ChannelFormProps) {
  const { t, i18n } = useTranslation();
  const translate = useFieldTranslation();
  const form = useForm({
    initialValues: channel === null ? emptyValues(i18n.language as Locale) : valuesOf(channel),
    validate: { name: (value) => (value.trim() === "" ? t("job.required") : null) },
  });
  const save = useAction({
    run: (values: typeof form.values) => {
      const draft = draftFrom(values);
      return channel === null ? createChannel(draft) : updateChannel(channel.channelId, draft);
    },
    invalidates: [channelsQuery.queryKey, ["notification-rules"]],
    done: (_, { name }) => t("channels.saved", { name }),
    onDone: onClose,
    onFailed: (error) => {
      form.setErrors(fieldErrors(error, WIRE_NAMES, translate));
      return true;
    },
  });
  const { kind } = form.values;
  const text = (field: "host" | "username" | "sender" | "senderName" | "url") => (
    <TextInput
      label={t(`channels.fields.${field}`)}
      autoComplete="off"
      {...form.getInputProps(field)}
    />
  );
  return (
    <FormModal
      title={channel === null ? t("channels.new") : channel.name}
      submit={t("actions.save")}
      size="lg"
      isBusy={save.isPending}
      error={Object.keys(form.errors).length > 0 ? null : save.error}
      onClose={onClose}
      onSubmit={form.onSubmit((values) => save.mutate(values))}
    >
      {channel === null && (
        <Select
          label={t("channels.kind")}
          allowDeselect={false}
          data={CHANNEL_KINDS.map((value) => ({ value, label: t(`channels.kinds.${value}`) }))}
          {...form.getInputProps("kind")}
        />
      )}
      <Text size="xs" c="dimmed">
        {t(`channels.help.${kind}`)}
      </Text>
      <TextInput
        label={t("connections.name")}
        required
        data-autofocus
        {...form.getInputProps("name")}
      />
      <div>
        <Text size="sm" fw={500} mb={4}>
          {t("channels.language")}
        </Text>
        <SegmentedControl
          aria-label={t("channels.language")}
          data={LOCALES.map((value) => ({ value, label: t(`channels.languages.${value}`) }))}
          {...form.getInputProps("language")}
        />
      </div>
      {kind === "email" && (
        <>
          <Group gap="sm" align="flex-start" grow>
            {text("host")}
            <NumberInput
              label={t("connections.port")}
              placeholder="587"
              min={1}
              max={65_535}
              allowDecimal={false}
              hideControls
              {...form.getInputProps("port")}
            />
          </Group>
          <Select
            label={t("channels.security")}
            allowDeselect={false}
            data={SECURITIES.map((value) => ({ value, label: t(`channels.securities.${value}`) }))}
            {...form.getInputProps("security")}
          />
          {text("username")}
        </>
      )}
      {kind === "webhook" && text("url")}
      <PasswordInput
        label={t(`channels.secrets.${kind}`)}
        description={channel?.hasSecret === true ? t("channels.secretKept") : undefined}
        autoComplete="new-password"
        {...form.getInputProps("secret")}
      />
      {kind === "webhook" && (
        <NewSecret
          secret={form.values.secret}
          onMake={() => form.setFieldValue("secret", newSigningSecret())}
        />
      )}
      {kind === "email" && (
        <>
          {text("sender")}
          {text("senderName")}
        </>
      )}
      {hasRecipients(kind) && (
        <TagsInput
          label={t("channels.recipients")}
          description={t(`channels.recipientsHelp.${kind === "email" ? "email" : "telegram"}`)}
          splitChars={[",", ";", " "]}
          acceptValueOnBlur
          {...form.getInputProps("recipients")}
        />
      )}
      {kind === "email" && (
        <Textarea
          label={t("channels.fields.caPem")}
          description={t("channels.caHelp")}
          autosize
          minRows={1}
          maxRows={6}
          {...form.getInputProps("caPem")}
        />
      )}
    </FormModal>
  );
}

/** The secret is shown while it is new: the receiver needs it too. */
function NewSecret({ secret, onMake }: { secret: string; onMake: () => void }) {
  const { t } = useTranslation();
  return (
    <Group gap="sm">
      <Button
        size="compact-xs"
        variant="default"
        leftSection={<IconRefresh size={13} />}
        onClick={onMake}
      >
        {t("channels.makeSecret")}
      </Button>
      {secret.startsWith("whsec_") && (
        <Text size="xs" className="mono" style={{ overflowWrap: "anywhere" }}>
          {secret}
        </Text>
      )}
    </Group>
  );
}
