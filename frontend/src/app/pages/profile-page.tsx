import { Button, SimpleGrid, Space, Stack, Text } from "@mantine/core";
import { IconLogout } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import { LanguageSelect } from "@/features/session/language-select";
import { PasswordForm } from "@/features/session/password-form";
import { SessionList } from "@/features/session/session-list";
import { ThemeSelect } from "@/features/session/theme-select";
import { useLogout } from "@/features/session/use-logout";
import { Page } from "@/ui/page";
import { Section } from "@/ui/section";
import { useSession } from "@/ui/session-context";

export function ProfilePage() {
  const { t } = useTranslation();
  const session = useSession();
  const logout = useLogout();
  return (
    <Page
      title={t("profile.title")}
      subtitle={`${t("profile.signedInAs", { name: session.username })} · ${t(`roles.${session.role}`)}`}
    >
      <SimpleGrid cols={{ base: 1, md: 2 }} maw={960}>
        <Section title={t("profile.appearance")}>
          <Stack>
            <LanguageSelect />
            <ThemeSelect />
          </Stack>
        </Section>
        <Section title={t("profile.password")}>
          <PasswordForm username={session.username} />
        </Section>
        <Section title={t("profile.logout")}>
          <Stack align="flex-start" gap="sm">
            <Text size="sm" c="dimmed">
              {t("profile.logoutHelp")}
            </Text>
            <Button
              variant="default"
              leftSection={<IconLogout size={14} />}
              loading={logout.isPending}
              onClick={() => logout.mutate()}
            >
              {t("profile.logout")}
            </Button>
          </Stack>
        </Section>
      </SimpleGrid>
      <Space h="md" />
      <SessionList />
    </Page>
  );
}
