import { Code, Stack, Text } from "@mantine/core";
import { useTranslation } from "react-i18next";
import type { JobDiff } from "@/api/job-versions";

/** What differs between two definitions of a job: the query line by line, then other fields. */
export function JobDiffView({ diff }: { diff: JobDiff }) {
  const { t } = useTranslation();
  const others = diff.fields.filter((one) => one.field !== "sql_script");
  if (diff.fields.length === 0) return <Text size="sm">{t("jobVersions.same")}</Text>;
  return (
    <Stack gap="xs">
      {diff.sql !== "" && (
        <div>
          <Text size="sm" fw={500}>
            {t("jobVersions.query")}
          </Text>
          <Code block>{diff.sql}</Code>
        </div>
      )}
      {others.length > 0 && (
        <div>
          <Text size="sm" fw={500}>
            {t("jobVersions.fields")}
          </Text>
          <ul>
            {others.map((one) => (
              <li key={one.field} style={{ overflowWrap: "anywhere" }}>
                <span className="mono">{one.field}</span>: {JSON.stringify(one.before)} →{" "}
                {JSON.stringify(one.after)}
              </li>
            ))}
          </ul>
        </div>
      )}
    </Stack>
  );
}
