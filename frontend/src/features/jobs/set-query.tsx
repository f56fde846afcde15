import { Button, Stack, Text, Textarea } from "@mantine/core";
import { IconEye } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { foundSetsQuery, type ParameterSets } from "@/api/job-sets";
import { useFormats } from "@/i18n/use-formats";
import { ErrorPanel } from "@/ui/error-panel";
import { useMay } from "@/ui/session-context";
import { useJobForm } from "./form-context";

interface SetQueryProps {
  value: ParameterSets;
  isReadOnly: boolean;
  onChange: (query: string) => void;
}

/** What the query of a draft answered when it was last asked; undefined: it was not. */
export function useFoundSets(value: ParameterSets | null) {
  const { connectionId, timeZone, daysOffset, lastDataDate, calendarId, exportName } =
    useJobForm().values;
  return useQuery(
    foundSetsQuery(
      { connectionId: connectionId ?? 0, timeZone, daysOffset, lastDataDate, calendarId },
      value ?? { parameters: [], sets: null, query: null },
      exportName,
    ),
  );
}

/** The query that answers with the sets when a run begins, and what it answers now. */
export function SetQuery({ value, isReadOnly, onChange }: SetQueryProps) {
  const { t } = useTranslation();
  const formats = useFormats();
  const mayAsk = useMay("jobs.edit");
  const { connectionId } = useJobForm().values;
  const found = useFoundSets(value);
  return (
    <Stack gap="xs">
      <Textarea
        label={t("sets.query")}
        description={t("sets.queryHelp")}
        autosize
        minRows={3}
        maxRows={12}
        classNames={{ input: "mono" }}
        readOnly={isReadOnly}
        value={value.query ?? ""}
        onChange={(event) => onChange(event.currentTarget.value)}
      />
      {mayAsk && (
        <Button
          size="compact-sm"
          variant="default"
          style={{ alignSelf: "flex-start" }}
          leftSection={<IconEye size={14} />}
          loading={found.isFetching}
          disabled={connectionId === null || (value.query ?? "").trim() === ""}
          onClick={() => void found.refetch()}
        >
          {t("sets.show")}
        </Button>
      )}
      {found.isError && !found.isFetching && <ErrorPanel error={found.error} />}
      {found.data && (
        <>
          <Text size="sm" fw={600}>
            {t("sets.found")}: {formats.number(found.data.length)}
          </Text>
          <div className="scroll-x" style={{ maxHeight: 260, overflowY: "auto" }}>
            <table className="table" aria-label={t("sets.found")}>
              <thead>
                <tr>
                  <th scope="col">{t("sets.label")}</th>
                  {value.parameters.map((one) => (
                    <th scope="col" key={one.name}>
                      :{one.name}
                    </th>
                  ))}
                  <th scope="col">{t("sets.file")}</th>
                </tr>
              </thead>
              <tbody>
                {found.data.map((one) => (
                  <tr key={one.label}>
                    <td>{one.label}</td>
                    {value.parameters.map(({ name }) => (
                      <td key={name}>{one.values[name] ?? "NULL"}</td>
                    ))}
                    <td className="mono">{one.fileName}</td>
                  </tr>
                ))}
              </tbody>
            </table>
          </div>
        </>
      )}
    </Stack>
  );
}
