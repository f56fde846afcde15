import { AppShell, Burger, Group, Text } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { useQuery } from "@tanstack/react-query";
import { getRouteApi, Outlet, useLocation } from "@tanstack/react-router";
import { useEffect } from "react";
import { useTranslation } from "react-i18next";
import { sessionQuery } from "@/api/session";
import { FirstPassword } from "@/features/session/first-password";
import { SessionEnded } from "@/features/session/session-ended";
import { SessionContext } from "@/ui/session-context";
import { LiveEvents } from "./live-events";
import { Logo } from "./logo";
import { MaintenanceBar } from "./maintenance-bar";
import { Navigation } from "./navigation";
import { OfflineBar } from "./offline-bar";
import { Palette } from "./palette";
import classes from "./shell.module.css";

const route = getRouteApi("/shell");

/** Navigation on the left, the page on the right; on a phone the navigation slides in. */
export function Shell() {
  const { t } = useTranslation();
  const { session: entered } = route.useRouteContext();
  const session = useQuery(sessionQuery).data ?? entered;
  const [isOpen, { toggle, close }] = useDisclosure();
  const path = useLocation({ select: (location) => location.pathname });
  useEffect(() => close(), [path, close]);
  if (session.mustChangePassword) return <FirstPassword username={session.username} />;
  return (
    <SessionContext value={session}>
      <a className="skip-link" href="#content">
        {t("app.skip")}
      </a>
      <AppShell
        header={{ height: { base: 52, sm: 0 } }}
        navbar={{ width: 228, breakpoint: "sm", collapsed: { mobile: !isOpen } }}
        transitionDuration={120}
      >
        <AppShell.Header hiddenFrom="sm" className={classes.header}>
          <Group h="100%" px="sm" gap="sm">
            <Burger
              opened={isOpen}
              onClick={toggle}
              size="sm"
              aria-label={isOpen ? t("app.closeMenu") : t("app.openMenu")}
              aria-expanded={isOpen}
            />
            <Logo />
            <Text fw={600}>{t("app.name")}</Text>
          </Group>
        </AppShell.Header>
        <AppShell.Navbar className={classes.navbar} aria-label={t("nav.label")}>
          <Navigation />
        </AppShell.Navbar>
        <AppShell.Main id="content" tabIndex={-1} className={classes.main}>
          <OfflineBar />
          <MaintenanceBar />
          <Outlet />
        </AppShell.Main>
      </AppShell>
      <LiveEvents />
      <Palette />
      <SessionEnded username={session.username} />
    </SessionContext>
  );
}
