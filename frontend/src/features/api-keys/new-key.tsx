import { Alert, Button, Modal, Select, Stack, Text } from "@mantine/core";
import { useForm } from "@mantine/form";
import { IconAlertTriangle } from "@tabler/icons-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { apiKeysQuery, createApiKey } from "@/api/api-keys";
import { CopyBlock } from "@/ui/copy-block";
import { fieldErrors } from "@/ui/form-errors";
import { FormModal } from "@/ui/form-modal";
import { useAction } from "@/ui/use-action";
import { useFieldTranslation } from "@/ui/use-field-translation";
import { keyOf, NEW_SCOPE, SCOPE_FIELDS } from "./key-values";
import { ScopeFields, useScopeRules } from "./scope-fields";

type Validity = "never" | "month" | "quarter" | "year";
const DAYS: Record<Exclude<Validity, "never">, number> = { month: 30, quarter: 90, year: 365 };
const VALIDITIES: readonly Validity[] = ["never", "month", "quarter", "year"];
const FIELDS = { ...SCOPE_FIELDS, expires_at: "validity" };
const DAY_MS = 86_400_000;

function expiryOf(validity: Validity): Date | null {
  return validity === "never" ? null : new Date(Date.now() + DAYS[validity] * DAY_MS);
}

/** Makes a key and shows it the only time it is ever shown. */
export function NewKey({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation();
  const translate = useFieldTranslation();
  const [made, setMade] = useState<string | null>(null);
  const form = useForm({
    initialValues: { ...NEW_SCOPE, validity: "never" as Validity },
    validate: useScopeRules(),
  });
  const create = useAction({
    run: ({ validity, ...scope }: typeof form.values) =>
      createApiKey(keyOf(scope, expiryOf(validity))),
    invalidates: [apiKeysQuery.queryKey],
    onDone: setMade,
    onFailed: (error) => {
      form.setErrors(fieldErrors(error, FIELDS, translate));
      return true;
    },
  });
  if (made !== null) return <ShownOnce secret={made} onClose={onClose} />;
  return (
    <FormModal
      title={t("keys.new")}
      submit={t("actions.create")}
      isBusy={create.isPending}
      error={Object.keys(form.errors).length > 0 ? null : create.error}
      onClose={onClose}
      onSubmit={form.onSubmit((values) => create.mutate(values))}
    >
      <ScopeFields
        form={form}
        end={
          <Select
            label={t("keys.validity")}
            allowDeselect={false}
            data={VALIDITIES.map((value) => ({ value, label: t(`keys.validities.${value}`) }))}
            {...form.getInputProps("validity")}
          />
        }
      />
    </FormModal>
  );
}

function ShownOnce({ secret, onClose }: { secret: string; onClose: () => void }) {
  const { t } = useTranslation();
  return (
    <Modal
      opened
      size="lg"
      onClose={onClose}
      closeOnClickOutside={false}
      closeOnEscape={false}
      withCloseButton={false}
      title={<Text fw={600}>{t("keys.shownTitle")}</Text>}
    >
      <Stack>
        <Alert icon={<IconAlertTriangle size={16} />} color="yellow" variant="outline" p="xs">
          <Text size="sm">{t("keys.shownBody")}</Text>
        </Alert>
        <CopyBlock text={secret} label={t("keys.shownTitle")} />
        <Button size="sm" onClick={onClose}>
          {t("keys.shownDone")}
        </Button>
      </Stack>
    </Modal>
  );
}
