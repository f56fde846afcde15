import {
  IconCircleCheck,
  IconClockExclamation,
  IconClockHour4,
  IconCircleX,
  IconFileUnknown,
  type Icon,
} from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import { Tag } from "@/ui/tag";
import type { Freshness } from "./dataset-entries";

const LOOKS: Record<Freshness, { tone: "good" | "bad" | "warn" | "quiet"; icon: Icon }> = {
  fresh: { tone: "good", icon: IconCircleCheck },
  stale: { tone: "bad", icon: IconCircleX },
  late: { tone: "warn", icon: IconClockExclamation },
  due: { tone: "quiet", icon: IconClockHour4 },
  never: { tone: "bad", icon: IconCircleX },
  unknown: { tone: "quiet", icon: IconFileUnknown },
};

export function FreshnessTag({ freshness }: { freshness: Freshness }) {
  const { t } = useTranslation();
  const words: Record<Freshness, string> = {
    fresh: t("datasets.fresh"),
    stale: t("datasets.stale"),
    late: t("datasets.late"),
    due: t("datasets.due"),
    never: t("datasets.never"),
    unknown: t("datasets.unknownAge"),
  };
  const { tone, icon } = LOOKS[freshness];
  return (
    <Tag tone={tone} icon={icon}>
      {words[freshness]}
    </Tag>
  );
}
