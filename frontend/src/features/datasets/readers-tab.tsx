import { Button, Group, Stack, Text, TextInput } from "@mantine/core";
import { IconUsers } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useState, type SubmitEvent } from "react";
import { useTranslation } from "react-i18next";
import {
  datasetReadersQuery,
  datasetsQuery,
  setExpectation,
  type Dataset,
  type DatasetReader,
} from "@/api/datasets";
import { useFormats } from "@/i18n/use-formats";
import { EmptyState } from "@/ui/empty-state";
import { QueryView } from "@/ui/query-view";
import { AbsoluteTime, RelativeTime } from "@/ui/relative-time";
import { useMay } from "@/ui/session-context";
import { useAction } from "@/ui/use-action";
import { FreshnessTag } from "./freshness-tag";

/** By when the data are expected, whether they are there, and who reads them. */
export function ReadersTab({ dataset }: { dataset: Dataset }) {
  const { t } = useTranslation();
  const readers = useQuery(datasetReadersQuery(dataset.datasetId));
  const mayChange = useMay("jobs.edit");
  return (
    <Stack gap="lg" p="md">
      <Stack gap="xs">
        <State dataset={dataset} />
        {mayChange && <ExpectationForm key={dataset.expectedBy} dataset={dataset} />}
      </Stack>
      <Text size="xs" fw={600}>
        {t("dataset.readers.who")}
      </Text>
      <QueryView
        query={readers}
        isEmpty={(found) => found.length === 0}
        empty={
          <EmptyState
            icon={IconUsers}
            title={t("dataset.readers.none")}
            help={t("dataset.readers.noneHelp")}
          />
        }
      >
        {(found) => <ReaderTable readers={found} />}
      </QueryView>
      <Text size="xs" c="dimmed">
        {t("dataset.readers.since")} <AbsoluteTime at={dataset.readsKnownSince} />.{" "}
        {dataset.isUnused === true && t("dataset.readers.unused")} {t("dataset.readers.notSeen")}
      </Text>
    </Stack>
  );
}

function State({ dataset }: { dataset: Dataset }) {
  const { t } = useTranslation();
  if (dataset.freshness === null) return <Text size="sm">{t("dataset.readers.nobody")}</Text>;
  return (
    <Group gap="xs">
      <FreshnessTag freshness={dataset.freshness} />
      <Text size="sm">
        {t("dataset.readers.expectedBy", { time: dataset.expectedBy ?? "" })}
        {dataset.expectedAt !== null && (
          <>
            {" · "}
            <AbsoluteTime at={dataset.expectedAt} />
          </>
        )}
      </Text>
    </Group>
  );
}

function ExpectationForm({ dataset }: { dataset: Dataset }) {
  const { t } = useTranslation();
  const [time, setTime] = useState(dataset.expectedBy ?? "");
  const save = useAction({
    run: (next: string) => setExpectation(dataset.datasetId, next === "" ? null : next),
    invalidates: [datasetsQuery.queryKey],
    done: () => t("dataset.readers.saved"),
  });
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    save.mutate(time);
  };
  return (
    <form onSubmit={submit}>
      <Group align="flex-end" gap="xs">
        <TextInput
          type="time"
          label={t("dataset.readers.expectation")}
          description={t("dataset.readers.expectationHelp")}
          value={time}
          onChange={(event) => setTime(event.currentTarget.value)}
        />
        <Button type="submit" variant="default" loading={save.isPending}>
          {t("dataset.readers.save")}
        </Button>
      </Group>
    </form>
  );
}

function ReaderTable({ readers }: { readers: DatasetReader[] }) {
  const { t } = useTranslation();
  const formats = useFormats();
  return (
    <div className="scroll-x">
      <table className="table">
        <thead>
          <tr>
            <th scope="col">{t("dataset.readers.reader")}</th>
            <th scope="col">{t("dataset.readers.tool")}</th>
            <th scope="col">{t("dataset.readers.last")}</th>
            <th scope="col" className="num">
              {t("dataset.readers.reads")}
            </th>
            <th scope="col" className="num">
              {t("dataset.readers.volume")}
            </th>
          </tr>
        </thead>
        <tbody>
          {readers.map((one) => (
            <tr key={`${one.kind}/${one.reader}/${one.tool}`}>
              <td>
                {one.reader}{" "}
                <Text span size="xs" c="dimmed">
                  {t(`dataset.readers.kinds.${one.kind}`)}
                </Text>
              </td>
              <td>{one.tool}</td>
              <td>
                <RelativeTime at={one.lastReadAt} />
              </td>
              <td className="num">{formats.number(one.reads)}</td>
              <td className="num">{formats.bytes(one.bytesSent)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
