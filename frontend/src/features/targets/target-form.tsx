import {
  NumberInput,
  PasswordInput,
  SegmentedControl,
  Switch,
  TextInput,
  Textarea,
} from "@mantine/core";
import { useForm } from "@mantine/form";
import { useTranslation } from "react-i18next";
import { createTarget, TARGET_KINDS, targetsQuery, updateTarget, type Target } from "@/api/targets";
import { fieldErrors } from "@/ui/form-errors";
import { FormModal } from "@/ui/form-modal";
import { useAction } from "@/ui/use-action";
import { useFieldTranslation } from "@/ui/use-field-translation";
import { draftFrom, EMPTY_VALUES, valuesOf, WIRE_NAMES } from "./target-values";

interface TargetFormProps {
  /** Null for a new one. */
  target: Target | null;
  onClose: () => void;
}

export function TargetForm({ target, onClose }: TargetFormProps) {
  const { t } = useTranslation();
  const translate = useFieldTranslation();
  const form = useForm({
    initialValues: target === null ? EMPTY_VALUES : valuesOf(target),
    validate: { name: (value) => (value.trim() === "" ? t("job.required") : null) },
  });
  const save = useAction({
    run: (values: typeof form.values) => {
      const draft = draftFrom(values);
      return target === null ? createTarget(draft) : updateTarget(target.targetId, draft);
    },
    invalidates: [targetsQuery.queryKey],
    done: (_, { name }) => t("targets.saved", { name }),
    onDone: onClose,
    onFailed: (error) => {
      form.setErrors(fieldErrors(error, WIRE_NAMES, translate));
      return true;
    },
  });
  const { kind } = form.values;
  const text = (
    field: "folder" | "endpoint" | "bucket" | "region" | "keyId" | "host" | "username" | "hostKey",
    help?: string,
  ) => (
    <TextInput
      label={t(`targets.fields.${field}`)}
      description={help}
      autoComplete="off"
      {...form.getInputProps(field)}
    />
  );
  const kept = target?.hasSecret === true ? t("targets.secretKept") : undefined;
  return (
    <FormModal
      title={target === null ? t("targets.new") : target.name}
      submit={t("actions.save")}
      size="lg"
      isBusy={save.isPending}
      error={Object.keys(form.errors).length > 0 ? null : save.error}
      onClose={onClose}
      onSubmit={form.onSubmit((values) => save.mutate(values))}
    >
      <SegmentedControl
        fullWidth
        aria-label={t("targets.kind")}
        data={TARGET_KINDS.map((value) => ({ value, label: t(`targets.kinds.${value}`) }))}
        {...form.getInputProps("kind")}
      />
      <TextInput
        label={t("connections.name")}
        required
        data-autofocus
        {...form.getInputProps("name")}
      />
      {kind === "folder" && text("folder", t("targets.folderHelp"))}
      {kind === "s3" && (
        <>
          {text("endpoint")}
          {text("bucket")}
          {text("region")}
          {text("keyId")}
          <PasswordInput
            label={t("targets.secretKey")}
            description={kept}
            autoComplete="new-password"
            {...form.getInputProps("secret")}
          />
          <Switch
            label={t("targets.fields.pathStyle")}
            {...form.getInputProps("pathStyle", { type: "checkbox" })}
          />
        </>
      )}
      {kind === "sftp" && (
        <>
          {text("host")}
          <NumberInput
            label={t("connections.port")}
            placeholder="22"
            min={1}
            max={65_535}
            allowDecimal={false}
            hideControls
            {...form.getInputProps("port")}
          />
          {text("username")}
          <Textarea
            label={t("targets.passwordOrKey")}
            description={kept}
            autoComplete="off"
            {...form.getInputProps("secret")}
          />
          {text("folder")}
          {text("hostKey")}
        </>
      )}
    </FormModal>
  );
}
