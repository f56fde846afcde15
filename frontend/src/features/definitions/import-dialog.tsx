import { Alert, Button, Group, Modal, Stack, Text } from "@mantine/core";
import { useMediaQuery } from "@mantine/hooks";
import { IconFileCheck, IconInfoCircle, IconRefresh } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import type { Outcomes } from "@/api/definitions";
import { useFormats } from "@/i18n/use-formats";
import { EmptyState } from "@/ui/empty-state";
import { ErrorPanel } from "@/ui/error-panel";
import { TableSkeleton } from "@/ui/table-skeleton";
import { toLookAt, type FileFault } from "./definition-file";
import { FileDrop } from "./file-drop";
import { OutcomeTable } from "./outcome-table";
import { useImport } from "./use-import";

type Import = ReturnType<typeof useImport>;

/** A file, what importing it would do, and the import of what is chosen. */
export function ImportDialog({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation();
  const isNarrow = useMediaQuery("(max-width: 48em)", false, { getInitialValueInEffect: false });
  const state = useImport(onClose);
  return (
    <Modal
      opened
      size="xl"
      fullScreen={isNarrow}
      onClose={onClose}
      closeOnClickOutside={false}
      title={<Text fw={600}>{t("definitions.importTitle")}</Text>}
      closeButtonProps={{ "aria-label": t("actions.close") }}
    >
      {state.opened === null ? (
        <Stack gap="sm">
          <Text size="sm" c="dimmed">
            {t("definitions.help")}
          </Text>
          <FileDrop onFile={(file) => void state.open(file)} />
          {state.fault !== null && <FileFaultAlert fault={state.fault} />}
        </Stack>
      ) : (
        <Stack gap="sm">
          <Text size="sm" className="mono truncate">
            {state.opened.name}
          </Text>
          {state.attempt.isPending && <TableSkeleton rows={4} />}
          {state.attempt.isError && (
            <ErrorPanel error={state.attempt.error} onRetry={state.lookAgain} />
          )}
          {state.carryOut.isError && <ErrorPanel error={state.carryOut.error} />}
          {state.attempt.data && <Found state={state} found={state.attempt.data} />}
          <Buttons state={state} onClose={onClose} />
        </Stack>
      )}
    </Modal>
  );
}

function FileFaultAlert({ fault }: { fault: FileFault }) {
  const { t } = useTranslation();
  return (
    <Alert color="red" variant="outline" role="alert">
      {fault.kind === "tooLarge" && t("definitions.tooLarge", { n: fault.megabytes })}
      {fault.kind === "notJson" && t("definitions.notJson", { detail: fault.detail })}
      {fault.kind === "notDefinitions" && t("definitions.notDefinitions")}
    </Alert>
  );
}

function Found({ state, found }: { state: Import; found: Outcomes }) {
  const { t } = useTranslation();
  const formats = useFormats();
  const shown = toLookAt(found.jobs);
  const same = found.jobs.length - shown.length;
  return (
    <>
      {found.isProposed && (
        <Alert variant="light" icon={<IconInfoCircle size={18} />}>
          {t("definitions.proposed")}
        </Alert>
      )}
      {shown.length > 0 && (
        <OutcomeTable
          jobs={shown}
          chosen={state.chosen}
          faults={state.faults}
          onChoose={state.setChosen}
        />
      )}
      {shown.length === 0 && (
        <EmptyState
          icon={IconFileCheck}
          title={found.jobs.length === 0 ? t("definitions.empty") : t("definitions.nothing")}
          help={t("definitions.nothingHelp")}
        />
      )}
      {same > 0 && (
        <Text size="xs" c="dimmed">
          {t("definitions.same", { count: same, n: formats.number(same) })}
        </Text>
      )}
    </>
  );
}

function Buttons({ state, onClose }: { state: Import; onClose: () => void }) {
  const { t } = useTranslation();
  const formats = useFormats();
  const chosen = (state.attempt.data?.jobs ?? []).filter((job) => state.chosen.has(job.index));
  return (
    <Group justify="space-between">
      <Button variant="subtle" onClick={state.close}>
        {t("definitions.chooseOther")}
      </Button>
      <Group gap="xs">
        {state.carryOut.isError && (
          <Button
            variant="default"
            leftSection={<IconRefresh size={14} />}
            loading={state.attempt.isPending}
            onClick={state.lookAgain}
          >
            {t("definitions.again")}
          </Button>
        )}
        <Button variant="default" onClick={onClose}>
          {t("actions.cancel")}
        </Button>
        <Button
          disabled={chosen.length === 0}
          loading={state.carryOut.isPending}
          onClick={() => state.carryOut.mutate(chosen)}
        >
          {t("definitions.submit", { count: chosen.length, n: formats.number(chosen.length) })}
        </Button>
      </Group>
    </Group>
  );
}
