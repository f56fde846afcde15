import { Button, Group, Modal, Stack, Text } from "@mantine/core";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";

interface ConfirmProps {
  isOpen: boolean;
  /** Names the thing. */
  title: string;
  children: ReactNode;
  /** Names the deed: "Delete the job". */
  confirm: string;
  cancel?: string;
  isBusy?: boolean;
  isDangerous?: boolean;
  onConfirm: () => void;
  onClose: () => void;
}

/** Asks before something that cannot be undone. */
export function Confirm(props: ConfirmProps) {
  const { t } = useTranslation();
  return (
    <Modal
      opened={props.isOpen}
      onClose={props.onClose}
      title={<Text fw={600}>{props.title}</Text>}
      closeButtonProps={{ "aria-label": t("actions.close") }}
    >
      <Stack>
        <Text size="sm" component="div">
          {props.children}
        </Text>
        <Group justify="flex-end" gap="xs">
          <Button variant="default" size="sm" data-autofocus onClick={props.onClose}>
            {props.cancel ?? t("actions.cancel")}
          </Button>
          <Button
            size="sm"
            color={props.isDangerous === false ? undefined : "red.8"}
            loading={props.isBusy ?? false}
            onClick={props.onConfirm}
          >
            {props.confirm}
          </Button>
        </Group>
      </Stack>
    </Modal>
  );
}
