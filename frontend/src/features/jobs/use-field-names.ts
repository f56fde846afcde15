import { useTranslation } from "react-i18next";
import type { JobDraft } from "@/api/jobs";

/** What each field of a job is called on the screen. */
export function useFieldNames(): Record<keyof JobDraft, string> {
  const { t } = useTranslation();
  return {
    name: t("job.name"),
    isActive: t("job.status"),
    exportType: t("job.exportType"),
    exportPath: t("job.path"),
    exportName: t("job.fileName"),
    daysOffset: t("job.daysOffset"),
    checksParameter: t("job.parameter"),
    parameterId: t("job.parameter"),
    dateColumn: t("job.dateColumn"),
    sql: t("job.sql"),
    schedule: t("job.sections.schedule"),
    connectionId: t("job.connection"),
    timeZone: t("job.zone"),
    timeLimitS: t("job.timeLimit"),
    cronText: t("plan.cron"),
    everyMinutes: t("plan.everyMinutes"),
    startsOn: t("plan.startsOn"),
    endsOn: t("plan.endsOn"),
    missedPolicy: t("policy.missed"),
    missedCap: t("policy.missedCap"),
    missedWithinMin: t("policy.missedWithin"),
    overlapPolicy: t("policy.overlap"),
    priority: t("policy.priority"),
    retryLimit: t("policy.retryLimit"),
    noProgressLimitS: t("policy.noProgressLimit"),
    after: t("after.title"),
    lastDataDate: t("window.lastDataDate"),
    gateCheckEveryMin: t("window.gateEvery"),
    gateDeadlineMin: t("window.gateDeadline"),
    gateOnDeadline: t("window.onDeadline"),
    fileFormat: t("output.format"),
    compression: t("output.compression"),
    dialect: t("dialect.title"),
    guards: t("guards.title"),
    versionsKept: t("guards.versionsKept"),
    versionsKeptDays: t("guards.versionsKeptDays"),
    keyColumns: t("output.keyColumns"),
    split: t("output.split"),
    targets: t("delivery.title"),
  };
}
