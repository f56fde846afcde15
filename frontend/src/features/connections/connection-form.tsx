import {
  Divider,
  Group,
  NumberInput,
  PasswordInput,
  SegmentedControl,
  Select,
  Switch,
  Text,
  TextInput,
} from "@mantine/core";
import { useForm } from "@mantine/form";
import { useTranslation } from "react-i18next";
import {
  CONNECTION_KINDS,
  connectionsQuery,
  createConnection,
  updateConnection,
  type Connection,
} from "@/api/connections";
import { fieldErrors } from "@/ui/form-errors";
import { FormModal } from "@/ui/form-modal";
import { useSession } from "@/ui/session-context";
import { useAction } from "@/ui/use-action";
import { useFieldTranslation } from "@/ui/use-field-translation";
import { draftFrom, EMPTY_VALUES, SSL_MODES, valuesOf, WIRE_NAMES } from "./connection-values";
import { OracleFields } from "./oracle-fields";
import { UsableBy } from "./usable-by";

interface ConnectionFormProps {
  /** Null for a new one. */
  connection: Connection | null;
  onClose: () => void;
}

export function ConnectionForm({ connection, onClose }: ConnectionFormProps) {
  const { t } = useTranslation();
  const translate = useFieldTranslation();
  const { role } = useSession();
  const form = useForm({
    initialValues: connection === null ? EMPTY_VALUES : valuesOf(connection),
    validate: {
      name: (value) => (value.trim() === "" ? t("job.required") : null),
      username: (value) => (value.trim() === "" ? t("job.required") : null),
    },
  });
  const save = useAction({
    run: async (values: typeof form.values) => {
      const draft = draftFrom(values, connection);
      if (connection === null) await createConnection(draft);
      else await updateConnection(connection.connectionId, draft);
    },
    invalidates: [connectionsQuery.queryKey, ["jobs"]],
    done: (_, { name }) =>
      connection === null ? t("connections.created", { name }) : t("connections.saved", { name }),
    onDone: onClose,
    onFailed: (error) => {
      form.setErrors(fieldErrors(error, WIRE_NAMES, translate));
      return true;
    },
  });
  const isOracle = form.values.kind === "oracle";
  const isEmbedded = form.values.host === "@embedded";
  const hasFieldErrors = Object.keys(form.errors).length > 0;
  return (
    <FormModal
      title={
        connection === null
          ? t("connections.new")
          : t("connections.editTitle", { name: connection.name })
      }
      submit={t("actions.save")}
      size="lg"
      isBusy={save.isPending}
      error={hasFieldErrors ? null : save.error}
      onClose={onClose}
      onSubmit={form.onSubmit((values) => save.mutate(values))}
    >
      <SegmentedControl
        fullWidth
        aria-label={t("connections.kind")}
        data={CONNECTION_KINDS.map((kind) => ({
          value: kind,
          label: t(`connections.kinds.${kind}`),
        }))}
        {...form.getInputProps("kind")}
      />
      <TextInput
        label={t("connections.name")}
        required
        data-autofocus
        {...form.getInputProps("name")}
      />
      <Group gap="sm" wrap="nowrap" align="flex-start">
        <TextInput
          flex={1}
          label={t("connections.host")}
          description={isEmbedded ? t("connections.embedded") : undefined}
          {...form.getInputProps("host")}
        />
        <NumberInput
          w={110}
          label={t("connections.port")}
          placeholder={isOracle ? "1521" : "5432"}
          min={1}
          max={65535}
          hideControls
          allowDecimal={false}
          thousandSeparator=""
          {...form.getInputProps("port")}
        />
      </Group>
      <TextInput
        label={isOracle ? t("connections.service") : t("connections.database")}
        {...form.getInputProps("database")}
      />
      {isOracle && (
        <TextInput
          label={t("connections.dsn")}
          description={t("connections.dsnHelp")}
          {...form.getInputProps("dsn")}
        />
      )}
      {isOracle && <OracleFields form={form} />}
      <Divider />
      <TextInput
        label={t("connections.user")}
        description={t("connections.readOnlyHelp")}
        autoComplete="off"
        required
        {...form.getInputProps("username")}
      />
      <PasswordInput
        label={t("connections.password")}
        description={
          connection?.hasPassword === true
            ? t("connections.passwordKept")
            : t("connections.passwordHelp")
        }
        autoComplete="new-password"
        {...form.getInputProps("password")}
      />
      {!isOracle && (
        <Select
          label={t("connections.sslmode")}
          allowDeselect={false}
          data={[
            { value: "", label: t("connections.sslDefault") },
            ...SSL_MODES.map((mode) => ({ value: mode, label: mode })),
          ]}
          {...form.getInputProps("sslmode")}
        />
      )}
      {isOracle && role === "root" && (
        <TextInput
          label={t("connections.instantClient")}
          description={t("connections.instantClientHelp")}
          {...form.getInputProps("instantClient")}
        />
      )}
      <Divider />
      <Group gap="sm" align="flex-start" grow preventGrowOverflow={false}>
        <NumberInput
          label={t("connections.maxRuns")}
          description={t("connections.maxRunsHelp")}
          min={1}
          max={1000}
          allowDecimal={false}
          {...form.getInputProps("maxRuns")}
        />
        <TextInput
          type="time"
          label={t("connections.quietStart")}
          description={t("connections.quietHelp")}
          {...form.getInputProps("quietStart")}
        />
        <TextInput
          type="time"
          label={t("connections.quietEnd")}
          description={t("connections.quietZone")}
          {...form.getInputProps("quietEnd")}
        />
      </Group>
      {!isOracle && (
        <Switch
          label={t("movement.writable")}
          description={t("movement.writableHelp")}
          {...form.getInputProps("isWritable", { type: "checkbox" })}
        />
      )}
      <Divider />
      <UsableBy form={form} />
      {form.errors.options !== undefined && (
        <Text size="xs" c="var(--mantine-color-error)">
          {form.errors.options}
        </Text>
      )}
    </FormModal>
  );
}
