import { useBlocker } from "@tanstack/react-router";
import type { RefObject } from "react";
import { useTranslation } from "react-i18next";
import { Confirm } from "@/ui/confirm";

interface LeaveGuardProps {
  name: string;
  isDirty: boolean;
  /** True while the program itself leaves, after saving. */
  isLeaving: RefObject<boolean>;
}

/** Asks before changes are lost, also when the tab is closed. */
export function LeaveGuard({ name, isDirty, isLeaving }: LeaveGuardProps) {
  const { t } = useTranslation();
  const blocker = useBlocker({
    shouldBlockFn: () => isDirty && !isLeaving.current,
    enableBeforeUnload: () => isDirty && !isLeaving.current,
    withResolver: true,
  });
  return (
    <Confirm
      isOpen={blocker.status === "blocked"}
      title={t("job.leaveTitle")}
      confirm={t("job.leave")}
      cancel={t("job.stay")}
      onClose={() => blocker.reset?.()}
      onConfirm={() => blocker.proceed?.()}
    >
      {t("job.leaveBody", { name })}
    </Confirm>
  );
}
