import { Modal, Stack, Text } from "@mantine/core";
import { useTranslation } from "react-i18next";
import type { Plan } from "@/api/previews";
import { useFormats } from "@/i18n/use-formats";
import { CopyBlock } from "@/ui/copy-block";

interface PlanDialogProps {
  plan: Plan;
  onClose: () => void;
}

/** How the database would run the query, as it writes it itself. */
export function PlanDialog({ plan, onClose }: PlanDialogProps) {
  const { t } = useTranslation();
  const formats = useFormats();
  return (
    <Modal
      opened
      size="90rem"
      onClose={onClose}
      title={<Text fw={600}>{t("job.planTitle")}</Text>}
      closeButtonProps={{ "aria-label": t("actions.close") }}
    >
      <Stack gap="xs">
        <Text size="xs" c="dimmed">
          {t("job.planHelp")} {formats.duration(plan.elapsedMs)}
        </Text>
        <CopyBlock text={plan.text} label={t("job.planTitle")} />
      </Stack>
    </Modal>
  );
}
