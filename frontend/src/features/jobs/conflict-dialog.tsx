import { Button, Group, Modal, Stack, Text } from "@mantine/core";
import { useTranslation } from "react-i18next";
import type { Job, JobDraft } from "@/api/jobs";
import { useFormats } from "@/i18n/use-formats";
import { useNow } from "@/ui/clock";
import { differences, draftOf, type Difference } from "./draft";
import { useFieldNames } from "./use-field-names";
import classes from "./conflict-dialog.module.css";

interface ConflictDialogProps {
  mine: JobDraft;
  myRevision: number;
  theirs: Job;
  onOverwrite: () => void;
  onReload: () => void;
  onClose: () => void;
}

/** Whether the parts of a value have parts themselves; a list of plain ones is its own text. */
function isNested(value: unknown): boolean {
  if (Array.isArray(value)) return value.some((one) => typeof one === "object" && one !== null);
  return typeof value === "object" && value !== null;
}

function shown(value: Difference["mine"]): string {
  if (value === null || value === "") return "–";
  if (typeof value !== "object") return String(value);
  const parts: unknown[] = Object.values(value);
  return parts.some(isNested) ? JSON.stringify(value) : parts.join(" · ");
}

/** Two people edited the same job: what differs, and which version stays. */
export function ConflictDialog(props: ConflictDialogProps) {
  const { t } = useTranslation();
  const formats = useFormats();
  const now = useNow(5);
  const names = useFieldNames();
  const differing = differences(props.mine, draftOf(props.theirs));
  return (
    <Modal
      opened
      size="xl"
      onClose={props.onClose}
      title={<Text fw={600}>{t("job.conflictTitle", { name: props.theirs.name })}</Text>}
      closeButtonProps={{ "aria-label": t("actions.close") }}
    >
      <Stack>
        <Text size="sm">
          {differing.length === 0
            ? t("job.conflictNothing")
            : t("job.conflictBody", {
                mine: props.myRevision,
                theirs: props.theirs.revision,
                when: formats.relative(props.theirs.updatedAt, now),
              })}
        </Text>
        {differing.length > 0 && (
          <div className="scroll-x">
            <table className="table">
              <thead>
                <tr>
                  <th>{t("job.conflictField")}</th>
                  <th>{t("job.conflictMine")}</th>
                  <th>{t("job.conflictTheirs")}</th>
                </tr>
              </thead>
              <tbody>
                {differing.map(({ field, mine, theirs }) => (
                  <tr key={field}>
                    <td>{names[field]}</td>
                    <td className={classes.value}>{shown(mine)}</td>
                    <td className={classes.value}>{shown(theirs)}</td>
                  </tr>
                ))}
              </tbody>
            </table>
          </div>
        )}
        <Group justify="flex-end" gap="xs">
          <Button size="sm" variant="subtle" onClick={props.onClose}>
            {t("actions.keepEditing")}
          </Button>
          <Button size="sm" variant="default" onClick={props.onReload}>
            {t("job.conflictReload")}
          </Button>
          <Button size="sm" color="red.8" onClick={props.onOverwrite}>
            {t("job.conflictOverwrite")}
          </Button>
        </Group>
      </Stack>
    </Modal>
  );
}
