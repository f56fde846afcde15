import { ActionIcon, Group, Select, Stack, Text, TextInput } from "@mantine/core";
import { IconTrash } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { targetsQuery } from "@/api/targets";
import { useFormats } from "@/i18n/use-formats";
import { FoldedSection } from "@/ui/folded-section";
import { useJobForm } from "./form-context";

/** Where each published version is delivered to besides the export folder. */
export function SectionDelivery({ isReadOnly }: { isReadOnly: boolean }) {
  const { t } = useTranslation();
  const formats = useFormats();
  const form = useJobForm();
  const known = useQuery(targetsQuery);
  const { targets } = form.values;
  const nameOf = (id: number) => known.data?.find((one) => one.targetId === id)?.name ?? String(id);
  const free = (known.data ?? []).filter(
    (one) => !targets.some(({ targetId }) => targetId === one.targetId),
  );
  return (
    <FoldedSection
      title={t("delivery.title")}
      summary={
        targets.length === 0
          ? t("delivery.none")
          : formats.list(targets.map(({ targetId }) => nameOf(targetId)))
      }
      hasFault={form.errors.targets !== undefined}
    >
      <Stack gap="sm">
        <Text size="xs" c="dimmed">
          {t("delivery.help")} <Link to="/targets">{t("targets.title")}</Link>
        </Text>
        {targets.map(({ targetId, path }) => (
          <Group key={targetId} gap="xs" wrap="nowrap" align="flex-end">
            <TextInput
              flex={1}
              label={nameOf(targetId)}
              placeholder={t("delivery.pathHint")}
              readOnly={isReadOnly}
              value={path}
              onChange={(event) => {
                const next = event.currentTarget.value;
                form.setFieldValue(
                  "targets",
                  targets.map((one) =>
                    one.targetId === targetId ? { targetId, path: next } : one,
                  ),
                );
              }}
            />
            {!isReadOnly && (
              <ActionIcon
                variant="subtle"
                color="gray"
                size={36}
                aria-label={t("delivery.remove", { name: nameOf(targetId) })}
                onClick={() =>
                  form.setFieldValue(
                    "targets",
                    targets.filter((one) => one.targetId !== targetId),
                  )
                }
              >
                <IconTrash size={15} />
              </ActionIcon>
            )}
          </Group>
        ))}
        {!isReadOnly && (
          <Select
            label={t("delivery.add")}
            maw={420}
            data={free.map((one) => ({ value: String(one.targetId), label: one.name }))}
            value={null}
            error={form.errors.targets}
            onChange={(value) => {
              if (value === null) return;
              form.setFieldValue("targets", [...targets, { targetId: Number(value), path: "" }]);
            }}
          />
        )}
      </Stack>
    </FoldedSection>
  );
}
