import {
  IconBan,
  IconCircleCheck,
  IconCircleX,
  IconClockPause,
  IconPlugConnectedX,
  IconLoader2,
  type Icon,
} from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import type { RunState } from "@/lib/run-state";
import classes from "./run-state-badge.module.css";

interface Look {
  icon: Icon;
  tone: "good" | "bad" | "busy" | "wait" | "warn" | "quiet";
}

/** How each state looks; a new state does not compile until it has a look. */
export const STATE_LOOKS: Record<RunState, Look> = {
  queued: { icon: IconClockPause, tone: "wait" },
  running: { icon: IconLoader2, tone: "busy" },
  succeeded: { icon: IconCircleCheck, tone: "good" },
  failed: { icon: IconCircleX, tone: "bad" },
  cancelled: { icon: IconBan, tone: "quiet" },
  interrupted: { icon: IconPlugConnectedX, tone: "warn" },
};

/** Icon, word and colour: never the colour alone. */
export function RunStateBadge({ state, isPlain = false }: { state: RunState; isPlain?: boolean }) {
  const { t } = useTranslation();
  const { icon: Symbol, tone } = STATE_LOOKS[state];
  return (
    <span className={isPlain ? classes.plain : classes.badge} data-tone={tone} data-state={state}>
      <Symbol size={14} aria-hidden className={state === "running" ? classes.spin : undefined} />
      {t(`states.${state}`)}
    </span>
  );
}
