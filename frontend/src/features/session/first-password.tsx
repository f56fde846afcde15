import { Center, Paper, Stack, Text, Title } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { PasswordForm } from "./password-form";

/** The first thing somebody with a given password does. */
export function FirstPassword({ username }: { username: string }) {
  const { t } = useTranslation();
  return (
    <Center mih="100dvh" p="md" component="main">
      <Paper withBorder p="lg" w={420} maw="100%">
        <Stack>
          <Title order={1}>{t("profile.firstTitle")}</Title>
          <Text size="sm" c="dimmed">
            {t("profile.firstHelp")}
          </Text>
          <PasswordForm username={username} />
        </Stack>
      </Paper>
    </Center>
  );
}
