import { Box, Center, Group, Paper, Stack, Text, Title } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { getRouteApi, useRouter } from "@tanstack/react-router";
import { useEffect } from "react";
import { useTranslation } from "react-i18next";
import { sessionQuery } from "@/api/session";
import { LanguageSelect } from "@/features/session/language-select";
import { LoginForm } from "@/features/session/login-form";
import { Logo } from "@/app/shell/logo";

const route = getRouteApi("/login");

export function LoginPage() {
  const { t } = useTranslation();
  const { to } = route.useSearch();
  const client = useQueryClient();
  const router = useRouter();
  useEffect(() => {
    document.title = `${t("login.title")} · AutomacaoSQL`;
  }, [t]);
  const enter = async () => {
    await client.query({ ...sessionQuery, staleTime: 0 });
    // Only paths of this site: never an address from outside.
    const isOwn = to !== undefined && /^\/(?![/\\])/.test(to);
    router.history.push(isOwn ? to : "/");
  };
  return (
    <Center mih="100dvh" p="md" component="main">
      <Stack w={360} maw="100%" gap="lg">
        <Group gap="sm" justify="center">
          <Logo size={36} />
          <Box>
            <Title order={1}>{t("app.name")}</Title>
            <Text size="xs" c="dimmed">
              {t("app.tagline")}
            </Text>
          </Box>
        </Group>
        <Paper withBorder p="lg">
          <LoginForm onDone={() => void enter()} />
        </Paper>
        <Text size="xs" c="dimmed" ta="center">
          {t("login.first")}
        </Text>
        <Center>
          <LanguageSelect hasLabel={false} />
        </Center>
      </Stack>
    </Center>
  );
}
