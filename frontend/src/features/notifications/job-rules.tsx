import { Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { rulesQuery } from "@/api/notifications";
import { useFormats } from "@/i18n/use-formats";
import { FoldedSection } from "@/ui/folded-section";
import { JobSent } from "./job-sent";
import { RuleList } from "./rule-list";

/** Who is told of this job; saved at once, apart from the job. */
export function JobRules({ jobId }: { jobId: number }) {
  const { t } = useTranslation();
  const formats = useFormats();
  const rules = useQuery(rulesQuery(jobId));
  const names = [...new Set((rules.data ?? []).map(({ channelName }) => channelName))];
  return (
    <FoldedSection
      title={t("rules.ofJob")}
      summary={names.length === 0 ? t("rules.emptyOfJob") : formats.list(names)}
    >
      <Text size="xs" c="dimmed" mb="xs">
        {t("rules.emptyOfJobHelp")}{" "}
        <Link to="/notifications" search={{ tab: "rules" }}>
          {t("notifications.title")}
        </Link>
      </Text>
      <RuleList jobId={jobId} />
      <JobSent jobId={jobId} />
    </FoldedSection>
  );
}
