import { Checkbox, Group, TagsInput } from "@mantine/core";
import type { UseFormReturnType } from "@mantine/form";
import { useTranslation } from "react-i18next";
import { SHARED_ROLES, type ConnectionValues } from "./connection-values";

/** Who may use a connection in jobs, previews and completion. */
export function UsableBy({ form }: { form: UseFormReturnType<ConnectionValues> }) {
  const { t } = useTranslation();
  return (
    <>
      <Checkbox.Group
        label={t("usable.roles")}
        description={t("usable.rolesHelp")}
        {...form.getInputProps("usableRoles")}
      >
        <Group gap="md" mt={6}>
          {SHARED_ROLES.map((role) => (
            <Checkbox key={role} value={role} label={t(`roles.${role}`)} />
          ))}
        </Group>
      </Checkbox.Group>
      <TagsInput
        label={t("usable.users")}
        description={t("usable.usersHelp")}
        {...form.getInputProps("usableUsers")}
      />
    </>
  );
}
