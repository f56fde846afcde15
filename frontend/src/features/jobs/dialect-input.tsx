import { Group, Stack, Text } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { profilesQuery, sampleQuery } from "@/api/dialects";
import type { Dialect } from "@/api/job-output";
import { omit } from "@/lib/omit";
import { Disclosure } from "@/ui/disclosure";
import { ErrorPanel } from "@/ui/error-panel";
import { TableSkeleton } from "@/ui/table-skeleton";
import classes from "./dialect-input.module.css";
import { withProfile } from "./dialect-members";
import { DialectSettings } from "./dialect-settings";
import { useJobForm } from "./form-context";
import { Key } from "./schedule-part";

const LEGACY: Dialect = { profile: "legacy" };

/** How text files are written: a profile in one click, every setting on request, and a sample. */
export function DialectInput({ isReadOnly }: { isReadOnly: boolean }) {
  const { t } = useTranslation();
  const form = useJobForm();
  const { dialect } = form.values;
  const profiles = useQuery(profilesQuery);
  const chosen = dialect?.profile ?? "legacy";
  if (profiles.data === undefined) {
    return profiles.isError ? (
      <ErrorPanel error={profiles.error} onRetry={profiles.refetch} />
    ) : (
      <TableSkeleton rows={3} />
    );
  }
  return (
    <Stack gap="sm">
      <fieldset className={classes.fieldset} disabled={isReadOnly}>
        <legend className={classes.legend}>{t("dialect.title")}</legend>
        <Group gap={4}>
          {profiles.data.profiles.map(({ name }) => (
            <Key
              key={name}
              label={t(`dialect.profiles.${name}`)}
              isOn={chosen === name}
              onToggle={() => form.setFieldValue("dialect", withProfile(dialect, name))}
            />
          ))}
        </Group>
        <Text size="xs" c="dimmed" mt={4}>
          {t(`dialect.about.${chosen}`)}
        </Text>
        {form.errors.dialect !== undefined && (
          <Text size="xs" c="var(--mantine-color-error)" role="alert">
            {form.errors.dialect}
          </Text>
        )}
      </fieldset>
      <Sample dialect={dialect ?? LEGACY} />
      <Disclosure label={t("dialect.settings")}>
        <DialectSettings
          dialect={dialect}
          known={profiles.data}
          isReadOnly={isReadOnly}
          onChange={(next) => form.setFieldValue("dialect", next)}
        />
      </Disclosure>
    </Stack>
  );
}

/** A few rows as the file will have them. */
function Sample({ dialect }: { dialect: Dialect }) {
  const { t } = useTranslation();
  const [settled] = useDebouncedValue(dialect, 250);
  const sample = useQuery(sampleQuery(omit(settled, "columns")));
  if (sample.isError) return <ErrorPanel error={sample.error} onRetry={sample.refetch} />;
  if (sample.data === undefined) return <TableSkeleton rows={3} />;
  const encoding = t(`dialect.encodings.${sample.data.encoding}`);
  return (
    <div>
      <Text size="xs" c="dimmed" mb={4}>
        {t("dialect.sample")} · {encoding}
      </Text>
      {/* Long lines scroll, so the block must be reachable by keyboard. */}
      {/* eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex */}
      <pre className={classes.sample} tabIndex={0} aria-label={t("dialect.sample")}>
        {sample.data.text}
      </pre>
    </div>
  );
}
