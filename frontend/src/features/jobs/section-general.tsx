import { SegmentedControl, Select, SimpleGrid, Switch, TextInput } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { connectionsQuery } from "@/api/connections";
import { JOB_KINDS } from "@/api/job-movement";
import { useMay } from "@/ui/session-context";
import { Section } from "@/ui/section";
import { useJobForm } from "./form-context";
import { TagsField } from "./tags-field";

export function SectionGeneral({ isReadOnly }: { isReadOnly: boolean }) {
  const { t } = useTranslation();
  const form = useJobForm();
  const mayEdit = useMay("jobs.edit");
  const mayConnect = useMay("connections.edit");
  const connections = useQuery(connectionsQuery);
  const connectionId = form.values.connectionId;
  const hasNone = connections.data?.length === 0;
  return (
    <Section
      title={t("job.sections.general")}
      aside={
        mayEdit && (
          <Switch
            size="sm"
            label={t("job.status")}
            disabled={isReadOnly}
            {...form.getInputProps("isActive", { type: "checkbox" })}
          />
        )
      }
    >
      <SegmentedControl
        mb="md"
        fullWidth
        aria-label={t("movement.kind")}
        readOnly={isReadOnly}
        styles={{ label: { whiteSpace: "normal" } }}
        data={JOB_KINDS.map((value) => ({ value, label: t(`movement.kinds.${value}`) }))}
        {...form.getInputProps("jobKind")}
      />
      <SimpleGrid cols={{ base: 1, sm: 2 }}>
        <TextInput
          label={t("job.name")}
          placeholder={t("job.namePlaceholder")}
          maxLength={200}
          required
          readOnly={isReadOnly}
          {...form.getInputProps("name")}
        />
        <Select
          label={t("job.connection")}
          placeholder={t("job.connectionPlaceholder")}
          required
          searchable
          allowDeselect={false}
          readOnly={isReadOnly}
          data={(connections.data ?? []).map((connection) => ({
            value: String(connection.connectionId),
            label: connection.mayUse
              ? `${connection.name} · ${t(`connections.kinds.${connection.kind}`)}`
              : t("usable.notYours", { name: connection.name }),
            disabled: !connection.mayUse,
          }))}
          value={connectionId === null ? null : String(connectionId)}
          error={form.errors.connectionId}
          description={
            hasNone ? (
              <>
                {t("job.connectionNone")}{" "}
                {mayConnect && <Link to="/connections">{t("job.connectionCreate")}</Link>}
              </>
            ) : undefined
          }
          onChange={(value) =>
            form.setFieldValue("connectionId", value === null ? null : Number(value))
          }
        />
      </SimpleGrid>
      <TagsField isReadOnly={isReadOnly} />
    </Section>
  );
}
