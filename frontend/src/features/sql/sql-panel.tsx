import { Alert, Button, Code, Group, Menu, Stack, Text } from "@mantine/core";
import { IconDownload, IconPlayerPlay, IconTableOff } from "@tabler/icons-react";
import { useMutation, useQuery } from "@tanstack/react-query";
import { useMemo, useState } from "react";
import { useTranslation } from "react-i18next";
import { datasetsQuery } from "@/api/datasets";
import { isProblem } from "@/api/problem";
import { askSql, fetchSqlFile, SQL_FORMATS, type SqlFormat, type SqlResult } from "@/api/sql";
import { useFormats } from "@/i18n/use-formats";
import { EmptyState } from "@/ui/empty-state";
import { ErrorPanel } from "@/ui/error-panel";
import { ResultTable } from "@/ui/result-table";
import { SqlEditor } from "@/ui/sql-editor";
import { examplesOf } from "./sql-examples";

/** One SELECT over the datasets: write, run, look, take along. */
export function SqlPanel() {
  const { t } = useTranslation();
  const datasets = useQuery(datasetsQuery);
  const examples = useMemo(() => examplesOf(datasets.data ?? []), [datasets.data]);
  const [written, setWritten] = useState<string | null>(null);
  const sql = written ?? examples[0] ?? "";
  const answer = useMutation({ mutationFn: askSql });
  const file = useMutation({ mutationFn: (format: SqlFormat) => download(sql, format) });
  const error = answer.error ?? file.error;
  const schema = useMemo(
    () =>
      Object.fromEntries(
        (datasets.data ?? []).map((one) => [one.name, one.columns.map((column) => column.name)]),
      ),
    [datasets.data],
  );
  const fault =
    isProblem(error) && error.line !== null
      ? { line: error.line, column: error.column ?? 1, message: error.detail }
      : null;
  return (
    <Stack className="panel" p="md" gap="sm">
      <Text size="sm" c="dimmed">
        {t("sql.help")}
      </Text>
      <SqlEditor
        value={sql}
        label={t("sql.label")}
        dialect="postgres"
        schema={schema}
        fault={fault}
        onChange={setWritten}
      />
      <Group gap="xs">
        <Button
          leftSection={<IconPlayerPlay size={15} />}
          loading={answer.isPending}
          disabled={sql.trim() === ""}
          onClick={() => {
            file.reset();
            answer.mutate(sql);
          }}
        >
          {t("sql.run")}
        </Button>
        <DownloadMenu isPending={file.isPending} onChoose={(format) => file.mutate(format)} />
        <ExampleMenu examples={examples} onChoose={setWritten} />
      </Group>
      {isProblem(error) && error.code.startsWith("sql_") ? (
        <Alert color="red" variant="outline" title={t("sql.failed")}>
          <Code block>{error.detail}</Code>
        </Alert>
      ) : (
        error !== null && <ErrorPanel error={error} onRetry={() => answer.mutate(sql)} />
      )}
      {answer.data !== undefined && error === null && <Result result={answer.data} />}
    </Stack>
  );
}

async function download(sql: string, format: SqlFormat) {
  const url = URL.createObjectURL(await fetchSqlFile(sql, format));
  const link = document.createElement("a");
  link.href = url;
  link.download = `sql.${format}`;
  link.click();
  URL.revokeObjectURL(url);
}

function Result({ result }: { result: SqlResult }) {
  const { t } = useTranslation();
  const formats = useFormats();
  if (result.rows.length === 0) return <EmptyState icon={IconTableOff} title={t("sql.empty")} />;
  const n = formats.number(result.rows.length);
  return (
    <>
      <Text size="xs" c="dimmed" aria-live="polite">
        {result.isCut ? t("sql.cut", { n }) : t("dataset.rowsTotal", { n })}
      </Text>
      <ResultTable label={t("sql.result")} columns={result.columns} rows={result.rows} />
    </>
  );
}

interface DownloadMenuProps {
  isPending: boolean;
  onChoose: (format: SqlFormat) => void;
}

function DownloadMenu({ isPending, onChoose }: DownloadMenuProps) {
  const { t } = useTranslation();
  return (
    <Menu>
      <Menu.Target>
        <Button variant="default" leftSection={<IconDownload size={15} />} loading={isPending}>
          {t("actions.download")}
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        {SQL_FORMATS.map((format) => (
          <Menu.Item key={format} onClick={() => onChoose(format)}>
            {t(`sql.formats.${format}`)}
          </Menu.Item>
        ))}
      </Menu.Dropdown>
    </Menu>
  );
}

interface ExampleMenuProps {
  examples: string[];
  onChoose: (sql: string) => void;
}

function ExampleMenu({ examples, onChoose }: ExampleMenuProps) {
  const { t } = useTranslation();
  return (
    <Menu>
      <Menu.Target>
        <Button variant="subtle">{t("sql.examples")}</Button>
      </Menu.Target>
      <Menu.Dropdown>
        {examples.map((example) => (
          <Menu.Item key={example} onClick={() => onChoose(example)}>
            <Code>{example.replaceAll("\n", " ")}</Code>
          </Menu.Item>
        ))}
      </Menu.Dropdown>
    </Menu>
  );
}
