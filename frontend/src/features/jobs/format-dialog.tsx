import { Button, Group, Modal, SimpleGrid, Stack, Text } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { CopyBlock } from "@/ui/copy-block";

interface FormatDialogProps {
  before: string;
  after: string;
  onApply: () => void;
  onClose: () => void;
}

/** Before and after, side by side; nothing changes until it is taken. */
export function FormatDialog({ before, after, onApply, onClose }: FormatDialogProps) {
  const { t } = useTranslation();
  return (
    <Modal
      opened
      size="80rem"
      onClose={onClose}
      title={<Text fw={600}>{t("job.formatTitle")}</Text>}
      closeButtonProps={{ "aria-label": t("actions.close") }}
    >
      <Stack>
        <Text size="sm" c="dimmed">
          {t("job.formatHelp")}
        </Text>
        <SimpleGrid cols={{ base: 1, md: 2 }}>
          <div style={{ minWidth: 0 }}>
            <Text size="xs" fw={600} mb={4}>
              {t("job.before")}
            </Text>
            <CopyBlock text={before} label={t("job.before")} />
          </div>
          <div style={{ minWidth: 0 }}>
            <Text size="xs" fw={600} mb={4}>
              {t("job.after")}
            </Text>
            <CopyBlock text={after} label={t("job.after")} />
          </div>
        </SimpleGrid>
        <Group justify="flex-end" gap="xs">
          <Button size="sm" variant="default" onClick={onClose}>
            {t("actions.cancel")}
          </Button>
          <Button size="sm" onClick={onApply}>
            {t("job.formatApply")}
          </Button>
        </Group>
      </Stack>
    </Modal>
  );
}
