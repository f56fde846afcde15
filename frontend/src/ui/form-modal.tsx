import { Button, Group, Modal, Stack, Text } from "@mantine/core";
import type { ReactNode, SubmitEvent } from "react";
import { useTranslation } from "react-i18next";
import { ErrorPanel } from "./error-panel";

interface FormModalProps {
  title: string;
  submit: string;
  size?: string;
  isBusy: boolean;
  /** A failure that belongs to no field. */
  error?: unknown;
  left?: ReactNode;
  onSubmit: (event?: SubmitEvent<HTMLFormElement>) => void;
  onClose: () => void;
  children: ReactNode;
}

/** A dialog with fields. It is not closed by a click beside it: what was typed would be lost. */
export function FormModal(props: FormModalProps) {
  const { t } = useTranslation();
  return (
    <Modal
      opened
      size={props.size ?? "md"}
      onClose={props.onClose}
      closeOnClickOutside={false}
      title={<Text fw={600}>{props.title}</Text>}
      closeButtonProps={{ "aria-label": t("actions.close") }}
    >
      <form
        onSubmit={(event) => {
          // A dialog is drawn elsewhere, and yet its events would reach the form it was opened from.
          event.stopPropagation();
          props.onSubmit(event);
        }}
        noValidate
      >
        <Stack gap="sm">
          {props.error !== undefined && props.error !== null && <ErrorPanel error={props.error} />}
          {props.children}
          <Group justify="space-between" mt="xs">
            <div>{props.left}</div>
            <Group gap="xs">
              <Button size="sm" variant="default" onClick={props.onClose}>
                {t("actions.cancel")}
              </Button>
              <Button size="sm" type="submit" loading={props.isBusy}>
                {props.submit}
              </Button>
            </Group>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}
