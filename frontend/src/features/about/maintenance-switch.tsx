import { Button, Group, Stack, Text, TextInput } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { maintenanceQuery, setMaintenance } from "@/api/maintenance";
import { QueryView } from "@/ui/query-view";
import { Section } from "@/ui/section";
import { useMay } from "@/ui/session-context";
import { useAction } from "@/ui/use-action";

/** Pauses everything, for work on the server or a source, and goes on. */
export function MaintenanceSwitch() {
  const { t } = useTranslation();
  const mayPause = useMay("runs.control");
  const maintenance = useQuery(maintenanceQuery);
  const [note, setNote] = useState("");
  const change = useAction({
    run: (paused: boolean) => setMaintenance(paused, paused ? note.trim() || null : null),
    invalidates: [maintenanceQuery.queryKey, ["runs"], ["overview"]],
    done: (_, paused) => (paused ? t("maintenance.paused") : t("maintenance.resumed")),
    onDone: () => setNote(""),
  });
  return (
    <Section title={t("maintenance.title")}>
      <QueryView query={maintenance} skeletonRows={2}>
        {({ isPaused }) => (
          <Stack gap="sm">
            <Text size="sm">{isPaused ? t("maintenance.on") : t("maintenance.off")}</Text>
            <Text size="xs" c="dimmed">
              {t("maintenance.help")}
            </Text>
            {mayPause && (
              <Group gap="xs" align="flex-end">
                {!isPaused && (
                  <TextInput
                    flex={1}
                    label={t("maintenance.note")}
                    placeholder={t("maintenance.noteHint")}
                    maxLength={1000}
                    value={note}
                    onChange={(event) => setNote(event.currentTarget.value)}
                  />
                )}
                <Button
                  size="sm"
                  variant={isPaused ? "filled" : "default"}
                  loading={change.isPending}
                  onClick={() => change.mutate(!isPaused)}
                >
                  {isPaused ? t("maintenance.resume") : t("maintenance.pause")}
                </Button>
              </Group>
            )}
          </Stack>
        )}
      </QueryView>
    </Section>
  );
}
