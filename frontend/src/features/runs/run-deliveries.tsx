import { Button, Text } from "@mantine/core";
import {
  IconCircleCheck,
  IconCircleX,
  IconClockPause,
  IconLoader2,
  IconPlayerSkipForward,
  type Icon,
} from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import {
  deliveriesQuery,
  retryDelivery,
  type Delivery,
  type DeliveryState,
} from "@/api/deliveries";
import { useFormats } from "@/i18n/use-formats";
import { useProblemText } from "@/i18n/use-problem-text";
import { ErrorPanel } from "@/ui/error-panel";
import { useInterval } from "@/ui/live";
import { AbsoluteTime } from "@/ui/relative-time";
import { Section } from "@/ui/section";
import { useMay } from "@/ui/session-context";
import { Tag } from "@/ui/tag";
import { useAction } from "@/ui/use-action";

const LOOKS: Record<
  DeliveryState,
  { tone: "good" | "bad" | "busy" | "wait" | "quiet"; icon: Icon }
> = {
  waiting: { tone: "wait", icon: IconClockPause },
  delivering: { tone: "busy", icon: IconLoader2 },
  delivered: { tone: "good", icon: IconCircleCheck },
  failed: { tone: "bad", icon: IconCircleX },
  superseded: { tone: "quiet", icon: IconPlayerSkipForward },
};

/** Where the version of a run goes besides the export folder; nothing where it goes nowhere. */
export function RunDeliveries({ runId }: { runId: number }) {
  const { t } = useTranslation();
  const deliveries = useQuery({
    ...deliveriesQuery(runId),
    refetchInterval: useInterval(4000),
  });
  if (deliveries.data === undefined) {
    return deliveries.isError ? (
      <ErrorPanel error={deliveries.error} onRetry={deliveries.refetch} />
    ) : null;
  }
  if (deliveries.data.length === 0) return null;
  return (
    <Section title={t("delivery.title")} isFlush>
      <div className="scroll-x">
        <table className="table">
          <thead>
            <tr>
              <th scope="col">{t("runs.columns.state")}</th>
              <th scope="col">{t("delivery.target")}</th>
              <th scope="col" className="num">
                {t("runs.columns.size")}
              </th>
              <th scope="col">{t("run.retry")}</th>
            </tr>
          </thead>
          <tbody>
            {deliveries.data.map((delivery) => (
              <DeliveryRow key={delivery.deliveryId} delivery={delivery} />
            ))}
          </tbody>
        </table>
      </div>
    </Section>
  );
}

function DeliveryRow({ delivery }: { delivery: Delivery }) {
  const { t } = useTranslation();
  const formats = useFormats();
  const problemText = useProblemText();
  const mayRetry = useMay("runs.control");
  const { state, errorCode, errorMessage, nextTryAt } = delivery;
  const retry = useAction({
    run: () => retryDelivery(delivery.deliveryId),
    invalidates: [["runs"]],
    done: () => t("delivery.retried", { name: delivery.targetName }),
  });
  return (
    <tr>
      <td>
        <Tag tone={LOOKS[state].tone} icon={LOOKS[state].icon}>
          {t(`delivery.states.${state}`)}
        </Tag>
        {errorCode !== null && state !== "delivered" && (
          <Text size="xs" c="dimmed" title={errorMessage ?? undefined}>
            {problemText.ofCode(errorCode, errorMessage ?? errorCode).title}
          </Text>
        )}
      </td>
      <td style={{ overflowWrap: "anywhere" }}>
        {delivery.targetName}
        <Text size="xs" c="dimmed" className="mono">
          {delivery.path}
        </Text>
      </td>
      <td className="num">
        {delivery.sizeBytes === null ? "–" : formats.bytes(delivery.sizeBytes)}
      </td>
      <td>
        {nextTryAt !== null && state === "waiting" && <AbsoluteTime at={nextTryAt} />}
        {state === "failed" && mayRetry && (
          <Button
            size="compact-xs"
            variant="default"
            loading={retry.isPending}
            onClick={() => retry.mutate()}
          >
            {t("actions.retry")}
          </Button>
        )}
      </td>
    </tr>
  );
}
