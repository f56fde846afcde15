import { useTranslation } from "react-i18next";
import { decideVersion, type Decision, type Version } from "@/api/versions";
import { useFormats } from "@/i18n/use-formats";
import { Confirm } from "@/ui/confirm";
import { useAction } from "@/ui/use-action";

interface DecisionDialogProps {
  name: string;
  version: Version;
  decision: Decision;
  onClose: () => void;
}

/** Asks before readers get other data than they have, naming the version. */
export function DecisionDialog({ name, version, decision, onClose }: DecisionDialogProps) {
  const { t } = useTranslation();
  const formats = useFormats();
  const id = version.versionId;
  const act = useAction({
    run: () => decideVersion(id, decision),
    invalidates: [["datasets"], ["rows"], ["runs"], ["overview"]],
    done: () => t(`versions.${decision}Done`, { id, name }),
  });
  return (
    <Confirm
      isOpen
      title={t(`versions.${decision}Title`, { id, name })}
      confirm={t(`versions.${decision}Confirm`)}
      isDangerous={decision === "discard"}
      isBusy={act.isPending}
      onClose={onClose}
      onConfirm={() => act.mutate(undefined, { onSettled: onClose })}
    >
      {t(`versions.${decision}Body`, {
        rows: formats.number(version.rows),
        asOf: formats.dateTimeZone(version.asOf),
      })}
    </Confirm>
  );
}
