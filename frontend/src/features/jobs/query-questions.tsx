import { Button } from "@mantine/core";
import { IconEye, IconRoute } from "@tabler/icons-react";
import { useMutation } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { explainQuery, previewQuery, type PreviewRequest } from "@/api/previews";
import { ErrorPanel } from "@/ui/error-panel";
import { PlanDialog } from "./plan-dialog";
import { PreviewDialog } from "./preview-dialog";

/** What the database can be asked about a query that is not saved; one answer at a time. */
export function useQueryQuestions() {
  const preview = useMutation({ mutationFn: previewQuery });
  const plan = useMutation({ mutationFn: explainQuery });
  const ask = (question: typeof preview | typeof plan, wanted: PreviewRequest) => {
    preview.reset();
    plan.reset();
    question.mutate(wanted);
  };
  return { preview, plan, ask, error: preview.error ?? plan.error };
}

type QueryQuestions = ReturnType<typeof useQueryQuestions>;

interface QuestionButtonsProps {
  questions: QueryQuestions;
  /** Null: there is nothing to ask yet. */
  wanted: PreviewRequest | null;
  title: string | undefined;
}

export function QuestionButtons({ questions, wanted, title }: QuestionButtonsProps) {
  const { t } = useTranslation();
  const { preview, plan, ask } = questions;
  return (
    <>
      <Button
        size="compact-sm"
        variant="subtle"
        leftSection={<IconRoute size={14} />}
        loading={plan.isPending}
        disabled={wanted === null}
        onClick={() => wanted !== null && ask(plan, wanted)}
      >
        {t("job.plan")}
      </Button>
      <Button
        size="compact-sm"
        variant="default"
        leftSection={<IconEye size={14} />}
        loading={preview.isPending}
        disabled={wanted === null}
        title={title}
        onClick={() => wanted !== null && ask(preview, wanted)}
      >
        {t("job.preview")}
      </Button>
    </>
  );
}

export function QuestionAnswers({ questions }: { questions: QueryQuestions }) {
  const { preview, plan, error } = questions;
  return (
    <>
      {error !== null && <ErrorPanel error={error} />}
      {plan.data && <PlanDialog plan={plan.data} onClose={plan.reset} />}
      {preview.data && <PreviewDialog preview={preview.data} onClose={preview.reset} />}
    </>
  );
}
