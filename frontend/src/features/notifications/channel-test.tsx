import { Button, TagsInput, Text } from "@mantine/core";
import { IconSend } from "@tabler/icons-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import {
  hasRecipients,
  recipientsOf,
  testChannel,
  type Channel,
  type ChannelReport,
} from "@/api/channels";
import { useFormats } from "@/i18n/use-formats";
import { FormModal } from "@/ui/form-modal";
import { useAction } from "@/ui/use-action";

/** Sends a test message; to whom is asked where the channel can reach several people. */
export function ChannelTest({ channel }: { channel: Channel }) {
  const { t } = useTranslation();
  const [isOpen, setOpen] = useState(false);
  return (
    <>
      <Button
        size="compact-xs"
        variant="default"
        leftSection={<IconSend size={13} />}
        aria-label={`${t("actions.test")}: ${channel.name}`}
        onClick={() => setOpen(true)}
      >
        {t("actions.test")}
      </Button>
      {isOpen && <TestDialog channel={channel} onClose={() => setOpen(false)} />}
    </>
  );
}

function TestDialog({ channel, onClose }: { channel: Channel; onClose: () => void }) {
  const { t } = useTranslation();
  const formats = useFormats();
  const [recipients, setRecipients] = useState(recipientsOf(channel));
  const said = ({ elapsedMs, refused }: ChannelReport) => {
    const names = Object.keys(refused);
    return names.length === 0
      ? t("channels.tested", { name: channel.name, time: formats.duration(elapsedMs) })
      : t("channels.testedPartly", { list: formats.list(names) });
  };
  const test = useAction({
    run: () => testChannel(channel.channelId, recipients),
    invalidates: [],
    done: said,
    onDone: onClose,
    onFailed: () => true,
  });
  return (
    <FormModal
      title={t("channels.testTitle", { name: channel.name })}
      submit={t("channels.testSend")}
      isBusy={test.isPending}
      error={test.error}
      onClose={onClose}
      onSubmit={(event) => {
        event?.preventDefault();
        test.mutate();
      }}
    >
      <Text size="sm">{t("channels.testHelp")}</Text>
      {hasRecipients(channel.kind) && (
        <TagsInput
          label={t("channels.recipients")}
          splitChars={[",", ";", " "]}
          acceptValueOnBlur
          value={recipients}
          onChange={setRecipients}
        />
      )}
    </FormModal>
  );
}
