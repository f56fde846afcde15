import {
  Menu,
  Text,
  UnstyledButton,
  useComputedColorScheme,
  useMantineColorScheme,
} from "@mantine/core";
import {
  IconApi,
  IconLanguage,
  IconLogout,
  IconMoon,
  IconSun,
  IconUser,
} from "@tabler/icons-react";
import { Link } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { useLogout } from "@/features/session/use-logout";
import { changeLocale } from "@/i18n";
import { useSession } from "@/ui/session-context";
import classes from "./shell.module.css";

export function PersonMenu() {
  const { t, i18n } = useTranslation();
  const session = useSession();
  const logout = useLogout();
  const { setColorScheme } = useMantineColorScheme();
  const isDark = useComputedColorScheme() === "dark";
  const other = i18n.language === "en" ? "pt-BR" : "en";
  return (
    <Menu width={220} position="top-start">
      <Menu.Target>
        <UnstyledButton className={classes.person}>
          <span className={classes.face} aria-hidden>
            {session.username.slice(0, 2).toUpperCase()}
          </span>
          <span style={{ minWidth: 0 }}>
            <Text size="sm" fw={500} truncate component="span" display="block" lh={1.3}>
              {session.username}
            </Text>
            <Text size="xs" c="dimmed" component="span" display="block" lh={1.3}>
              {t(`roles.${session.role}`)}
            </Text>
          </span>
        </UnstyledButton>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Item
          leftSection={<IconUser size={15} />}
          renderRoot={(props) => <Link to="/profile" {...props} />}
        >
          {t("nav.profile")}
        </Menu.Item>
        <Menu.Item
          leftSection={isDark ? <IconSun size={15} /> : <IconMoon size={15} />}
          onClick={() => setColorScheme(isDark ? "light" : "dark")}
        >
          {isDark ? t("app.themes.light") : t("app.themes.dark")}
        </Menu.Item>
        <Menu.Item
          leftSection={<IconLanguage size={15} />}
          onClick={() => void changeLocale(other)}
          lang={other}
        >
          {t(`app.languages.${other}`)}
        </Menu.Item>
        <Menu.Item leftSection={<IconApi size={15} />} component="a" href="/docs">
          {t("nav.docs")}
        </Menu.Item>
        <Menu.Divider />
        <Menu.Item leftSection={<IconLogout size={15} />} onClick={() => logout.mutate()}>
          {t("profile.logout")}
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}
