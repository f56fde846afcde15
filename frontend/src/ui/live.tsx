import { ActionIcon, Tooltip } from "@mantine/core";
import { IconPlayerPause, IconPlayerPlay } from "@tabler/icons-react";
import { createContext, use, useMemo, useState, type ReactNode } from "react";
import { useTranslation } from "react-i18next";

interface Live {
  isPaused: boolean;
  /** The server tells what changed, so that asking again and again is only the safety net. */
  isStreaming: boolean;
  toggle: () => void;
  setStreaming: (isStreaming: boolean) => void;
}

const LiveContext = createContext<Live>({
  isPaused: false,
  isStreaming: false,
  toggle: () => undefined,
  setStreaming: () => undefined,
});

const SAFETY_NET_MS = 30_000;

/** Whether pages update themselves; one switch for the whole program. */
export function LiveProvider({ children }: { children: ReactNode }) {
  const [isPaused, setPaused] = useState(false);
  const [isStreaming, setStreaming] = useState(false);
  const value = useMemo(
    () => ({ isPaused, isStreaming, setStreaming, toggle: () => setPaused((was) => !was) }),
    [isPaused, isStreaming],
  );
  return <LiveContext value={value}>{children}</LiveContext>;
}

export function useLive(): Live {
  return use(LiveContext);
}

/** The interval for `refetchInterval`: false while paused, rare while the server streams. */
export function useInterval(milliseconds: number): number | false {
  const { isPaused, isStreaming } = useLive();
  if (isPaused) return false;
  return isStreaming ? Math.max(milliseconds, SAFETY_NET_MS) : milliseconds;
}

/** For what moves without an event, such as rows being read: false only while paused. */
export function useFastInterval(milliseconds: number): number | false {
  return useLive().isPaused ? false : milliseconds;
}

export function LiveToggle() {
  const { t } = useTranslation();
  const { isPaused, toggle } = useLive();
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
