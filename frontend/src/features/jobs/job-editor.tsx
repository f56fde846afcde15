import { Alert, Button, Stack, Text } from "@mantine/core";
import { useHotkeys } from "@mantine/hooks";
import { IconDeviceFloppy, IconEye, IconPencil } from "@tabler/icons-react";
import { useRef, useState, type ReactNode } from "react";
import { useTranslation } from "react-i18next";
import type { Job, JobDraft } from "@/api/jobs";
import { ErrorPanel } from "@/ui/error-panel";
import { Page } from "@/ui/page";
import { Section } from "@/ui/section";
import { useMay } from "@/ui/session-context";
import { Tag } from "@/ui/tag";
import { useColumnCheck } from "./column-check";
import { ConcernDialog } from "./column-concerns";
import { ConflictDialog } from "./conflict-dialog";
import { checkDraft, differences, draftOf, planOf } from "./draft";
import { JobFormProvider, useNewJobForm } from "./form-context";
import classes from "./job-editor.module.css";
import { LeaveGuard } from "./leave-guard";
import { NextMoments } from "./next-moments";
import { SectionAfter } from "./section-after";
import { SectionDelivery } from "./section-delivery";
import { SectionGeneral } from "./section-general";
import { SectionGuards } from "./section-guards";
import { SectionMovement } from "./section-movement";
import { SectionPolicies } from "./section-policies";
import { SectionQuery } from "./section-query";
import { SectionSchedule } from "./section-schedule";
import { SectionSets } from "./section-sets";
import { SectionTarget } from "./section-target";
import { SectionWindow } from "./section-window";
import { useSaveJob } from "./use-save-job";

interface JobEditorProps {
  /** The job as it was read; null for a new one. */
  base: Job | null;
  initial: JobDraft;
  defaultZone: string;
  above?: ReactNode;
  actions?: ReactNode;
  aside?: ReactNode;
  notice?: ReactNode;
  /** What belongs to the job and is saved apart from it. */
  below?: ReactNode;
  onSaved: (jobId: number) => void;
  onDirty?: (isDirty: boolean) => void;
  onReload?: () => void;
}

export function JobEditor(props: JobEditorProps) {
  const { t } = useTranslation();
  const { base, initial, defaultZone } = props;
  const mayEdit = useMay("jobs.edit");
  const isReadOnly = base !== null && !mayEdit;
  const isLeaving = useRef(false);
  const [conflict, setConflict] = useState<Job | null>(null);
  const [values, setValues] = useState(initial);
  const form = useNewJobForm({
    initialValues: initial,
    validate: (draft) =>
      Object.fromEntries(
        Object.entries(checkDraft(draft)).map(([field, fault]) => [
          field,
          fault === "required" ? t("job.required") : t("schedule.incomplete"),
        ]),
      ),
    onValuesChange: (next) => {
      setValues(next);
      props.onDirty?.(differences(next, initial).length > 0);
    },
  });
  const isDirty = !isReadOnly && differences(values, initial).length > 0;
  const save = useSaveJob({
    base,
    onConflict: setConflict,
    onFieldErrors: (errors) => form.setErrors(errors),
    onSaved: (jobId) => {
      isLeaving.current = true;
      props.onDirty?.(false);
      props.onSaved(jobId);
    },
  });
  const check = useColumnCheck({ base, onFree: (draft) => save.mutate({ draft }) });
  // What is typed meanwhile would be lost with the form, which is a new one after saving.
  const isBusy = [check, save].some((one) => one.isPending);
  const isFixed = isReadOnly || isBusy;
  const submit = form.onSubmit((draft) => {
    if (!isFixed) check.ask(draft);
  });
  useHotkeys([["mod+S", () => submit()]], [], true);
  const isExport = values.jobKind === "export";
  const title = base === null ? t("job.newTitle") : base.name;
  const hasForeignError = save.isError && Object.keys(form.errors).length === 0 && !conflict;
  return (
    <JobFormProvider form={form}>
      <form onSubmit={submit} noValidate>
        <Page
          title={title}
          above={props.above}
          subtitle={base === null && !mayEdit ? t("job.proposeHelp") : undefined}
          beside={
            isDirty && (
              <Tag tone="warn" icon={IconPencil}>
                {t("job.unsaved")}
              </Tag>
            )
          }
          actions={
            <>
              {props.actions}
              {!isReadOnly && (
                <Button
                  type="submit"
                  title={t("job.saveShortcut")}
                  leftSection={<IconDeviceFloppy size={15} />}
                  loading={isBusy}
                  disabled={!isDirty && base !== null}
                >
                  {t("actions.save")}
                </Button>
              )}
            </>
          }
        >
          <div className={classes.columns}>
            <Stack className={classes.main}>
              {isReadOnly && (
                <Alert icon={<IconEye size={16} />} variant="outline" color="gray" p="xs">
                  <Text size="sm">{t("job.readOnly")}</Text>
                </Alert>
              )}
              {props.notice}
              {hasForeignError && <ErrorPanel error={save.error} />}
              <SectionGeneral isReadOnly={isFixed} />
              {isExport ? (
                <>
                  <SectionQuery isReadOnly={isFixed} saveError={save.error} base={base} />
                  <SectionTarget isReadOnly={isFixed} />
                  <SectionSets isReadOnly={isFixed} />
                </>
              ) : (
                <SectionMovement isReadOnly={isFixed} />
              )}
              <SectionSchedule isReadOnly={isFixed} defaultZone={defaultZone} />
              <SectionAfter isReadOnly={isFixed} base={base} />
              <SectionPolicies isReadOnly={isFixed} />
              {isExport && (
                <>
                  <SectionWindow isReadOnly={isFixed} />
                  <SectionGuards isReadOnly={isFixed} />
                  <SectionDelivery isReadOnly={isFixed} />
                </>
              )}
              {props.below}
            </Stack>
            <Stack className={classes.aside}>
              <Section title={t("job.sections.next")}>
                <NextMoments
                  plan={planOf(values)}
                  zone={values.timeZone ?? defaultZone}
                  isActive={values.isActive}
                />
              </Section>
              {props.aside}
            </Stack>
          </div>
        </Page>
      </form>
      <LeaveGuard name={values.name || title} isDirty={isDirty} isLeaving={isLeaving} />
      <ConcernDialog check={check} name={values.name} />
      {conflict && base && (
        <ConflictDialog
          mine={values}
          myRevision={base.revision}
          theirs={conflict}
          onClose={() => setConflict(null)}
          onReload={() => {
            form.setValues(draftOf(conflict));
            props.onDirty?.(false);
            props.onReload?.();
          }}
          onOverwrite={() => {
            setConflict(null);
            save.mutate({ draft: values, revision: conflict.revision });
          }}
        />
      )}
    </JobFormProvider>
  );
}
