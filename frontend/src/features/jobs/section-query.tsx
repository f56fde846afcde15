import { Button, Group, Stack, Text } from "@mantine/core";
import { IconIndentIncrease } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useMemo, useState } from "react";
import { useTranslation } from "react-i18next";
import { catalogueQuery } from "@/api/catalogue";
import { connectionsQuery } from "@/api/connections";
import type { Job } from "@/api/jobs";
import { isProblem } from "@/api/problem";
import { useProblemText } from "@/i18n/use-problem-text";
import { useMay } from "@/ui/session-context";
import { Section } from "@/ui/section";
import { SqlEditor, type Insertion } from "@/ui/sql-editor";
import { toastDone, toastFailed } from "@/ui/toasts";
import { completionOf } from "./completion";
import { DateChips, useDateCompletions } from "./date-chips";
import { questionOf } from "./column-check";
import { useJobForm } from "./form-context";
import { FormatDialog } from "./format-dialog";
import { formatSql } from "./format-sql";
import { QuestionAnswers, QuestionButtons, useQueryQuestions } from "./query-questions";
import { TrialSetSelect, useNameCompletions, useTrialSet } from "./trial-set";

interface SectionQueryProps {
  isReadOnly: boolean;
  /** What saving said about the query. */
  saveError: unknown;
  /** Null for a new job. */
  base: Job | null;
}

export function SectionQuery({ isReadOnly, saveError, base }: SectionQueryProps) {
  const { t } = useTranslation();
  const form = useJobForm();
  const problemText = useProblemText();
  const mayPreview = useMay("jobs.edit");
  const connections = useQuery(connectionsQuery);
  const [formatted, setFormatted] = useState<string | null>(null);
  const { sql, connectionId } = form.values;
  const dates = useDateCompletions();
  const completions = useNameCompletions(dates);
  const trial = useTrialSet();
  const [insertion, setInsertion] = useState<Insertion | null>(null);
  const connection = connections.data?.find((one) => one.connectionId === connectionId);
  const kind = connection?.kind ?? "postgres";
  const catalogue = useQuery({
    ...catalogueQuery(connectionId ?? 0),
    enabled: connection?.mayUse === true && mayPreview,
  });
  const schema = useMemo(() => completionOf(catalogue.data ?? []), [catalogue.data]);
  const questions = useQueryQuestions();
  const error = questions.error ?? saveError;
  const fault =
    isProblem(error) && error.line !== null
      ? { line: error.line, column: error.column ?? 1, message: problemText.of(error).title }
      : null;
  const format = async () => {
    const next = await formatSql(sql, kind);
    if (next === null) toastFailed(t("job.format"), t("job.formatFailed"));
    else if (next.trim() === sql.trim()) toastDone(t("job.formatSame"));
    else setFormatted(next);
  };
  return (
    <Section
      title={t("job.sections.query")}
      aside={
        <Group gap="xs">
          {!isReadOnly && (
            <Button
              size="compact-sm"
              variant="subtle"
              leftSection={<IconIndentIncrease size={14} />}
              disabled={sql.trim() === ""}
              onClick={() => void format()}
            >
              {t("job.format")}
            </Button>
          )}
          {mayPreview && (
            <>
              <TrialSetSelect trial={trial} />
              <QuestionButtons
                questions={questions}
                wanted={questionOf(form.values, base?.jobId ?? null, trial.tried)}
                title={connectionId === null ? t("job.previewSaveFirst") : trial.hint}
              />
            </>
          )}
        </Group>
      }
    >
      <Stack gap="xs">
        <QuestionAnswers questions={questions} />
        <SqlEditor
          value={sql}
          label={t("job.sqlLabel")}
          dialect={kind}
          isReadOnly={isReadOnly}
          isInvalid={form.errors.sql !== undefined}
          schema={schema}
          fault={fault}
          names={completions}
          insertion={insertion}
          onChange={(value) => form.setFieldValue("sql", value)}
        />
        {form.errors.sql !== undefined && (
          <Text size="xs" c="var(--mantine-color-error)" role="alert">
            {form.errors.sql}
          </Text>
        )}
        <Text size="xs" c="dimmed">
          {t("job.sqlHelp")}
        </Text>
        {!isReadOnly && (
          <DateChips completions={dates} onChoose={(text) => setInsertion({ text })} />
        )}
      </Stack>
      {formatted !== null && (
        <FormatDialog
          before={sql}
          after={formatted}
          onClose={() => setFormatted(null)}
          onApply={() => {
            form.setFieldValue("sql", formatted);
            setFormatted(null);
          }}
        />
      )}
    </Section>
  );
}
