import {
  IconCircleCheck,
  IconCircleX,
  IconClockPause,
  IconLoader2,
  IconLock,
  IconMinus,
  type Icon,
} from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import type { SetState } from "@/api/job-sets";
import { Tag } from "./tag";

const LOOKS: Record<
  SetState,
  { tone: "good" | "bad" | "busy" | "wait" | "warn" | "quiet"; icon: Icon }
> = {
  waiting: { tone: "wait", icon: IconClockPause },
  running: { tone: "busy", icon: IconLoader2 },
  done: { tone: "good", icon: IconCircleCheck },
  held: { tone: "warn", icon: IconLock },
  failed: { tone: "bad", icon: IconCircleX },
  not_run: { tone: "quiet", icon: IconMinus },
};

/** How far a parameter set of a run is, in sign and word. */
export function SetStateTag({ state }: { state: SetState }) {
  const { t } = useTranslation();
  const { tone, icon } = LOOKS[state];
  return (
    <Tag tone={tone} icon={icon}>
      {t(`sets.states.${state}`)}
    </Tag>
  );
}
