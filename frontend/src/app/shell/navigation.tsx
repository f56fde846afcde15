import { Text, UnstyledButton } from "@mantine/core";
import {
  IconActivityHeartbeat,
  IconBell,
  IconCalendarEvent,
  IconCalendarStats,
  IconDatabase,
  IconFileText,
  IconHistory,
  IconHome,
  IconKey,
  IconPlayerPlay,
  IconSearch,
  IconTable,
  IconTruckDelivery,
  IconUsers,
  IconVariable,
  type Icon,
} from "@tabler/icons-react";
import { Link, type LinkProps } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import type { Permission } from "@/lib/permissions";
import { may } from "@/lib/permissions";
import { useSession } from "@/ui/session-context";
import { Logo } from "./logo";
import { openPalette } from "./palette-store";
import { PersonMenu } from "./person-menu";
import classes from "./shell.module.css";

type Key =
  | "home"
  | "runs"
  | "datasets"
  | "jobs"
  | "connections"
  | "targets"
  | "notifications"
  | "parameters"
  | "calendars"
  | "users"
  | "keys"
  | "logs"
  | "audit"
  | "about";

export interface NavEntry {
  key: Key;
  to: NonNullable<LinkProps["to"]>;
  icon: Icon;
  needs?: Permission;
}

interface NavGroup {
  key: "watch" | "build" | "manage";
  entries: NavEntry[];
}

const GROUPS: NavGroup[] = [
  {
    key: "watch",
    entries: [
      { key: "home", to: "/", icon: IconHome },
      { key: "runs", to: "/runs", icon: IconPlayerPlay },
      { key: "datasets", to: "/datasets", icon: IconTable },
    ],
  },
  {
    key: "build",
    entries: [
      { key: "jobs", to: "/jobs", icon: IconCalendarEvent },
      { key: "connections", to: "/connections", icon: IconDatabase },
      { key: "targets", to: "/targets", icon: IconTruckDelivery },
      { key: "notifications", to: "/notifications", icon: IconBell },
      { key: "parameters", to: "/parameters", icon: IconVariable },
      { key: "calendars", to: "/calendars", icon: IconCalendarStats },
    ],
  },
  {
    key: "manage",
    entries: [
      { key: "users", to: "/users", icon: IconUsers, needs: "users.manage" },
      { key: "keys", to: "/api-keys", icon: IconKey, needs: "keys.manage" },
      { key: "logs", to: "/logs", icon: IconFileText },
      { key: "audit", to: "/audit", icon: IconHistory, needs: "audit.read" },
      { key: "about", to: "/about", icon: IconActivityHeartbeat },
    ],
  },
];

/** The pages this role may see. */
export function useNavigation(): NavGroup[] {
  const { role } = useSession();
  return GROUPS.map((group) => ({
    ...group,
    entries: group.entries.filter((entry) => entry.needs === undefined || may(role, entry.needs)),
  }));
}

export function Navigation() {
  const { t } = useTranslation();
  const groups = useNavigation();
  return (
    <>
      <Link to="/" className={classes.brand}>
        <Logo />
        {t("app.name")}
      </Link>
      <UnstyledButton className={classes.search} onClick={openPalette}>
        <IconSearch size={14} aria-hidden />
        {t("nav.search")}
        <kbd aria-hidden>Ctrl K</kbd>
      </UnstyledButton>
      <div className={classes.links}>
        {groups.map((group) => (
          <div key={group.key}>
            <Text component="p" className={classes.group}>
              {t(`nav.${group.key}`)}
            </Text>
            <ul className={classes.list}>
              {group.entries.map(({ key, to, icon: Symbol }) => (
                <li key={key}>
                  <Link to={to} className={classes.link} activeOptions={{ exact: to === "/" }}>
                    <Symbol size={17} stroke={1.7} aria-hidden />
                    {t(`nav.${key}`)}
                  </Link>
                </li>
              ))}
            </ul>
          </div>
        ))}
      </div>
      <div className={classes.foot}>
        <PersonMenu />
      </div>
    </>
  );
}
