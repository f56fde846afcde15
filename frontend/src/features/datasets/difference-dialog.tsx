import { Button, Group, Modal, Stack, Text, TextInput } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { DIFFERENCE_ROWS, differenceQuery, type Difference, type Version } from "@/api/versions";
import { useFormats } from "@/i18n/use-formats";
import { QueryView } from "@/ui/query-view";
import { DifferenceTable } from "./difference-table";

interface DifferenceDialogProps {
  version: Version;
  current: Version;
  onClose: () => void;
}

/** What the current version has more, less and otherwise than an older one, or a held one has. */
export function DifferenceDialog({ version, current, onClose }: DifferenceDialogProps) {
  const { t } = useTranslation();
  const [text, setText] = useState("");
  // Null until asked: only jobs that name key columns could be compared without any.
  const [key, setKey] = useState<string[] | null>(null);
  // A held version is newer than what readers have: it is what would come.
  const [from, to] = version.isHeld ? [current, version] : [version, current];
  const difference = useQuery({
    ...differenceQuery({ versionId: from.versionId, toVersionId: to.versionId, key: key ?? [] }),
    enabled: key !== null,
  });
  return (
    <Modal
      opened
      size="xl"
      onClose={onClose}
      title={
        <Text fw={600}>
          {t("versions.compareTitle", { from: from.versionId, to: to.versionId })}
        </Text>
      }
      closeButtonProps={{ "aria-label": t("actions.close") }}
    >
      <Stack>
        <form
          onSubmit={(event) => {
            event.preventDefault();
            setKey(text.split(",").flatMap((part) => part.trim() || []));
          }}
        >
          <Group gap="xs" align="flex-end">
            <TextInput
              flex={1}
              label={t("versions.key")}
              description={t("versions.keyHelp")}
              value={text}
              onChange={(event) => setText(event.currentTarget.value)}
            />
            <Button type="submit" size="sm" variant="default">
              {t("versions.compareRun")}
            </Button>
          </Group>
        </form>
        {key !== null && (
          <QueryView query={difference}>{(data) => <Outcome difference={data} />}</QueryView>
        )}
      </Stack>
    </Modal>
  );
}

function Outcome({ difference }: { difference: Difference }) {
  const { t } = useTranslation();
  const formats = useFormats();
  const { added, removed, changed, unchanged, columnsAdded, columnsGone } = difference;
  const isSame = added + removed + changed === 0;
  const most = Math.max(added, removed, changed);
  return (
    <Stack gap="xs">
      <Text fw={600}>
        {isSame
          ? t("versions.same")
          : [
              t("versions.added", { n: formats.number(added) }),
              t("versions.removed", { n: formats.number(removed) }),
              t("versions.changed", { n: formats.number(changed) }),
              t("versions.unchanged", { n: formats.number(unchanged) }),
            ].join(" · ")}
      </Text>
      {columnsAdded.length > 0 && (
        <Text size="sm">{t("versions.columnsAdded", { list: columnsAdded.join(", ") })}</Text>
      )}
      {columnsGone.length > 0 && (
        <Text size="sm">{t("versions.columnsGone", { list: columnsGone.join(", ") })}</Text>
      )}
      {!isSame && <DifferenceTable difference={difference} />}
      {most > DIFFERENCE_ROWS && (
        <Text size="xs" c="dimmed">
          {t("versions.onlyFirst", { n: formats.number(DIFFERENCE_ROWS) })}
        </Text>
      )}
    </Stack>
  );
}
