import { ActionIcon, Group, Tooltip } from "@mantine/core";
import { IconPencil, IconTrash } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";

interface RowActionsProps {
  name: string;
  onEdit?: (() => void) | undefined;
  onDelete?: (() => void) | undefined;
}

/** Edit and delete at the end of a row; what may not be done is not there. */
export function RowActions({ name, onEdit, onDelete }: RowActionsProps) {
  const { t } = useTranslation();
  return (
    <Group gap={2} wrap="nowrap" justify="flex-end">
      {onEdit && (
        <Tooltip label={t("actions.edit")}>
          <ActionIcon
            variant="subtle"
            color="gray"
            aria-label={`${t("actions.edit")}: ${name}`}
            onClick={onEdit}
          >
            <IconPencil size={16} />
          </ActionIcon>
        </Tooltip>
      )}
      {onDelete && (
        <Tooltip label={t("actions.delete")}>
          <ActionIcon
            variant="subtle"
            color="gray"
            aria-label={`${t("actions.delete")}: ${name}`}
            onClick={onDelete}
          >
            <IconTrash size={16} />
          </ActionIcon>
        </Tooltip>
      )}
    </Group>
  );
}
