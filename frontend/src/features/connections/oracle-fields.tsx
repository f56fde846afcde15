import { Group, TextInput } from "@mantine/core";
import type { UseFormReturnType } from "@mantine/form";
import { useTranslation } from "react-i18next";
import type { ConnectionValues } from "./connection-values";

/** What only a connection to Oracle has, besides its address in one text. */
export function OracleFields({ form }: { form: UseFormReturnType<ConnectionValues> }) {
  const { t } = useTranslation();
  return (
    <>
      <TextInput
        label={t("connections.currentSchema")}
        description={t("connections.currentSchemaHelp")}
        {...form.getInputProps("currentSchema")}
      />
      <Group gap="sm" align="flex-start" grow>
        <TextInput
          label={t("connections.configDir")}
          description={t("connections.configDirHelp")}
          {...form.getInputProps("configDir")}
        />
        <TextInput
          label={t("connections.walletLocation")}
          description={t("connections.walletLocationHelp")}
          {...form.getInputProps("walletLocation")}
        />
      </Group>
    </>
  );
}
