import {
  Alert,
  Button,
  Checkbox,
  Group,
  Modal,
  NumberInput,
  Select,
  Stack,
  Text,
  Textarea,
  TextInput,
} from "@mantine/core";
import { useForm } from "@mantine/form";
import { IconAlertTriangle } from "@tabler/icons-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { apiKeysQuery, createApiKey, KEY_ACTIONS, type KeyAction } from "@/api/api-keys";
import { CopyBlock } from "@/ui/copy-block";
import { fieldErrors } from "@/ui/form-errors";
import { FormModal } from "@/ui/form-modal";
import { useAction } from "@/ui/use-action";
import { useFieldTranslation } from "@/ui/use-field-translation";

type Validity = "never" | "month" | "quarter" | "year";
const DAYS: Record<Exclude<Validity, "never">, number> = { month: 30, quarter: 90, year: 365 };
const VALIDITIES: readonly Validity[] = ["never", "month", "quarter", "year"];
const FIELDS = {
  name: "name",
  expires_at: "validity",
  datasets: "datasets",
  actions: "actions",
  networks: "networks",
  rate_per_minute: "rate",
};
const DAY_MS = 86_400_000;

function expiryOf(validity: Validity): Date | null {
  return validity === "never" ? null : new Date(Date.now() + DAYS[validity] * DAY_MS);
}

function linesOf(text: string): string[] {
  return text
    .split(/[\n,]/)
    .map((line) => line.trim())
    .filter((line) => line !== "");
}

const FIRST_VALUES = {
  name: "",
  validity: "never" as Validity,
  datasets: "**",
  actions: ["read", "status"] as KeyAction[],
  networks: "",
  rate: "" as number | string,
};

/** Makes a key and shows it the only time it is ever shown. */
export function NewKey({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation();
  const translate = useFieldTranslation();
  const [made, setMade] = useState<string | null>(null);
  const form = useForm({
    initialValues: FIRST_VALUES,
    validate: {
      name: (value) => (value.trim() === "" ? t("job.required") : null),
      datasets: (value) => (linesOf(value).length === 0 ? t("job.required") : null),
      actions: (value) => (value.length === 0 ? t("job.required") : null),
    },
  });
  const create = useAction({
    run: (values: typeof form.values) =>
      createApiKey({
        name: values.name,
        expiresAt: expiryOf(values.validity),
        datasets: linesOf(values.datasets),
        actions: values.actions,
        networks: linesOf(values.networks),
        ratePerMinute: typeof values.rate === "number" ? values.rate : null,
      }),
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
      <TextInput
        label={t("keys.name")}
        description={t("keys.nameHelp")}
        required
        data-autofocus
        {...form.getInputProps("name")}
      />
      <Select
        label={t("keys.validity")}
        allowDeselect={false}
        data={VALIDITIES.map((value) => ({ value, label: t(`keys.validities.${value}`) }))}
        {...form.getInputProps("validity")}
      />
      <Textarea
        label={t("keys.datasets")}
        description={t("keys.datasetsHelp")}
        required
        autosize
        minRows={2}
        {...form.getInputProps("datasets")}
      />
      <Checkbox.Group label={t("keys.actions")} {...form.getInputProps("actions")}>
        <Group mt={4}>
          {KEY_ACTIONS.map((action) => (
            <Checkbox key={action} value={action} label={t(`keys.actionNames.${action}`)} />
          ))}
        </Group>
      </Checkbox.Group>
      <Textarea
        label={t("keys.networks")}
        description={t("keys.networksHelp")}
        autosize
        {...form.getInputProps("networks")}
      />
      <NumberInput
        label={t("keys.rate")}
        description={t("keys.rateHelp")}
        min={1}
        max={100000}
        {...form.getInputProps("rate")}
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
