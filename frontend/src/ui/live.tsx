import { ActionIcon, Tooltip } from "@mantine/core";
import { IconPlayerPause, IconPlayerPlay } from "@tabler/icons-react";
import { createContext, use, useMemo, useState, type ReactNode } from "react";
import { useTranslation } from "react-i18next";

interface Live {
  isPaused: boolean;
  toggle: () => void;
}

const LiveContext = createContext<Live>({ isPaused: false, toggle: () => undefined });

/** Whether lists update themselves; one switch for the whole program. */
export function LiveProvider({ children }: { children: ReactNode }) {
  const [isPaused, setPaused] = useState(false);
  const value = useMemo(
    () => ({ isPaused, toggle: () => setPaused((paused) => !paused) }),
    [isPaused],
  );
  return <LiveContext value={value}>{children}</LiveContext>;
}

/** The interval for `refetchInterval`: false while paused. Hidden tabs do not poll. */
export function useInterval(milliseconds: number): number | false {
  return use(LiveContext).isPaused ? false : milliseconds;
}

export function LiveToggle() {
  const { t } = useTranslation();
  const { isPaused, toggle } = use(LiveContext);
  const label = isPaused ? t("actions.resume") : t("actions.pause");
  return (
    <Tooltip label={label}>
      <ActionIcon
        variant={isPaused ? "light" : "default"}
        size={30}
        aria-label={label}
        aria-pressed={isPaused}
        onClick={toggle}
      >
        {isPaused ? <IconPlayerPlay size={16} /> : <IconPlayerPause size={16} />}
      </ActionIcon>
    </Tooltip>
  );
}
