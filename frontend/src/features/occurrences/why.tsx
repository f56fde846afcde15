import { Alert, Button, Group, Text, TextInput } from "@mantine/core";
import { IconCalendarOff, IconHelpCircle } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { occurrencesQuery, type DayRange, type Occurrences, type Outcome } from "@/api/occurrences";
import { useFormats } from "@/i18n/use-formats";
import { EmptyState } from "@/ui/empty-state";
import { useInterval } from "@/ui/live";
import { QueryView } from "@/ui/query-view";
import { shifted } from "./days";
import { OccurrenceTable } from "./occurrence-table";
import { useSentenceText } from "./use-sentence-text";

interface WhyProps {
  jobId: number;
  today: string;
  range: DayRange;
  onRange: (range: DayRange) => void;
}

/** What became of every time a job was due on some days, past or to come, and why. */
export function Why({ jobId, today, range, onRange }: WhyProps) {
  const report = useQuery({
    ...occurrencesQuery(jobId, range),
    refetchInterval: useInterval(15_000),
  });
  return (
    <div className="panel">
      <RangePicker today={today} range={range} onRange={onRange} />
      <QueryView query={report} skeletonRows={6}>
        {(data) => <Report report={data} />}
      </QueryView>
    </div>
  );
}

function RangePicker({ today, range, onRange }: Omit<WhyProps, "jobId">) {
  const { t } = useTranslation();
  const set = (from: string, to: string) => {
    if (from !== "" && to !== "") onRange(from <= to ? { from, to } : { from: to, to: from });
  };
  const quick = [
    [t("why.yesterday"), shifted(today, -1), shifted(today, -1)],
    [t("home.today"), today, today],
    [t("why.tomorrow"), shifted(today, 1), shifted(today, 1)],
    [t("why.lastWeek"), shifted(today, -6), today],
  ] as const;
  return (
    <Group gap="xs" px="md" py="sm" align="flex-end">
      <TextInput
        type="date"
        size="xs"
        label={t("plan.startsOn")}
        value={range.from}
        onChange={(event) => set(event.currentTarget.value, range.to)}
      />
      <TextInput
        type="date"
        size="xs"
        label={t("plan.endsOn")}
        value={range.to}
        onChange={(event) => set(range.from, event.currentTarget.value)}
      />
      {quick.map(([label, from, to]) => (
        <Button
          key={label}
          variant={range.from === from && range.to === to ? "light" : "default"}
          onClick={() => onRange({ from, to })}
        >
          {label}
        </Button>
      ))}
    </Group>
  );
}

function Report({ report }: { report: Occurrences }) {
  const { t } = useTranslation();
  const formats = useFormats();
  const { explanation, items } = report;
  const sentenceText = useSentenceText(report.timeZone);
  const counts = new Map<Outcome, number>();
  for (const { outcome } of items) counts.set(outcome, (counts.get(outcome) ?? 0) + 1);
  const sentences = explanation.sentences.map(sentenceText);
  const [title, ...more] =
    items.length === 0
      ? sentences
      : [
          [...counts]
            .map(([outcome, n]) => `${t(`why.outcomes.${outcome}`)}: ${formats.number(n)}`)
            .join(" · "),
          ...sentences,
        ];
  return (
    <>
      <Alert
        mx="md"
        mb="sm"
        p="xs"
        variant="outline"
        color="gray"
        icon={<IconHelpCircle size={16} />}
        title={title}
        styles={{ title: { color: "var(--asql-strong)" } }}
      >
        {more.length > 0 && (
          <Text size="xs" c="dimmed">
            {more.join(" ")}
          </Text>
        )}
      </Alert>
      {items.length === 0 ? (
        <EmptyState icon={IconCalendarOff} title={t("why.empty")} help={t("why.emptyHelp")} />
      ) : (
        <OccurrenceTable items={items} zone={report.timeZone} />
      )}
      {report.isCut && (
        <Text size="xs" c="dimmed" px="md" py="xs">
          {t("why.cut")}
        </Text>
      )}
    </>
  );
}
