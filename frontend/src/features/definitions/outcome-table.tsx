import { Checkbox, Stack, Text } from "@mantine/core";
import { useMediaQuery } from "@mantine/hooks";
import {
  IconAlertTriangle,
  IconCirclePlus,
  IconEqual,
  IconPencil,
  type Icon,
} from "@tabler/icons-react";
import type { ComponentProps } from "react";
import { useTranslation } from "react-i18next";
import type { Outcome } from "@/api/definitions";
import type { FieldProblem } from "@/api/problem";
import { useFormats } from "@/i18n/use-formats";
import { Disclosure } from "@/ui/disclosure";
import { JobDiffView } from "@/ui/job-diff";
import { Tag } from "@/ui/tag";
import { useFieldTranslation } from "@/ui/use-field-translation";
import { isTakeable } from "./definition-file";
import classes from "./outcome-table.module.css";

const LOOKS: Record<Outcome["state"], { tone: ComponentProps<typeof Tag>["tone"]; icon: Icon }> = {
  new: { tone: "good", icon: IconCirclePlus },
  changed: { tone: "busy", icon: IconPencil },
  same: { tone: "quiet", icon: IconEqual },
  refused: { tone: "bad", icon: IconAlertTriangle },
};

interface OutcomeTableProps {
  jobs: Outcome[];
  chosen: ReadonlySet<number>;
  /** What an import was refused for, by the job's place in the file. */
  faults: ReadonlyMap<number, FieldProblem[]>;
  onChoose: (chosen: Set<number>) => void;
}

/** What an import would do with each job, and which ones to import. */
export function OutcomeTable({ jobs, chosen, faults, onChoose }: OutcomeTableProps) {
  const { t } = useTranslation();
  const takeable = jobs.filter(isTakeable).map((job) => job.index);
  const isNarrow = useMediaQuery("(max-width: 48em)", false, { getInitialValueInEffect: false });
  const changes = (job: Outcome) => (
    <Changes job={job} faults={[...job.errors, ...(faults.get(job.index) ?? [])]} />
  );
  const toggle = (index: number) => {
    const next = new Set(chosen);
    if (!next.delete(index)) next.add(index);
    onChoose(next);
  };
  return (
    <div className={`panel scroll-x ${classes.frame ?? ""}`}>
      <table className="table" aria-label={t("definitions.importTitle")}>
        <thead>
          <tr>
            <th scope="col" className={classes.take}>
              <Checkbox
                size="xs"
                aria-label={t("definitions.takeAll")}
                disabled={takeable.length === 0}
                checked={takeable.length > 0 && chosen.size === takeable.length}
                indeterminate={chosen.size > 0 && chosen.size < takeable.length}
                onChange={(event) => onChoose(new Set(event.currentTarget.checked ? takeable : []))}
              />
            </th>
            <th scope="col" className={classes.job}>
              {t("definitions.job")}
            </th>
            {!isNarrow && <th scope="col">{t("definitions.changes")}</th>}
          </tr>
        </thead>
        <tbody>
          {jobs.map((job) => (
            <tr key={job.index} className={classes.row}>
              <td>
                <Checkbox
                  size="xs"
                  aria-label={t("definitions.take", { name: job.name })}
                  disabled={!isTakeable(job)}
                  checked={chosen.has(job.index)}
                  onChange={() => toggle(job.index)}
                />
              </td>
              <td>
                <Stack gap={4} align="stretch">
                  <Text size="sm" fw={500} className={classes.name}>
                    {job.name || t("definitions.noName")}
                  </Text>
                  <div>
                    <Tag tone={LOOKS[job.state].tone} icon={LOOKS[job.state].icon}>
                      {t(`definitions.states.${job.state}`)}
                    </Tag>
                  </div>
                  {isNarrow && changes(job)}
                </Stack>
              </td>
              {!isNarrow && <td>{changes(job)}</td>}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Changes({ job, faults }: { job: Outcome; faults: FieldProblem[] }) {
  const { t } = useTranslation();
  const formats = useFormats();
  const names = job.diff.fields.map((one) => one.field);
  const label = t("definitions.fields", {
    count: names.length,
    n: formats.number(names.length),
    names: names.join(", "),
  });
  return (
    <Stack gap={6}>
      {names.length > 0 && (
        <Disclosure label={label}>
          <JobDiffView diff={job.diff} />
        </Disclosure>
      )}
      {faults.map((fault) => (
        <Fault key={`${fault.field} ${fault.code}`} fault={fault} />
      ))}
    </Stack>
  );
}

function Fault({ fault }: { fault: FieldProblem }) {
  const translation = useFieldTranslation()(fault.code);
  return (
    <div className={classes.fault}>
      <Text size="sm" c="var(--asql-bad)">
        {translation ?? fault.message}
      </Text>
      <Text size="xs" c="dimmed">
        <span className="mono">{fault.field}</span>
        {translation !== null && `: ${fault.message}`}
      </Text>
    </div>
  );
}
