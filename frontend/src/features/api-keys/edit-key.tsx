import { TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useTranslation } from "react-i18next";
import { apiKeysQuery, changeApiKey, type ApiKey } from "@/api/api-keys";
import { fieldErrors } from "@/ui/form-errors";
import { FormModal } from "@/ui/form-modal";
import { useAction } from "@/ui/use-action";
import { useFieldTranslation } from "@/ui/use-field-translation";
import { dayOf, endOf, keyOf, SCOPE_FIELDS, scopeOf } from "./key-values";
import { ScopeFields, useScopeRules } from "./scope-fields";

const FIELDS = { ...SCOPE_FIELDS, expires_at: "until" };

/** Changes what a key opens from now on; whoever has it keeps it. */
export function EditKey({ apiKey, onClose }: { apiKey: ApiKey; onClose: () => void }) {
  const { t } = useTranslation();
  const translate = useFieldTranslation();
  const form = useForm({
    initialValues: { ...scopeOf(apiKey), until: dayOf(apiKey.expiresAt) },
    validate: useScopeRules(),
  });
  const save = useAction({
    run: ({ until, ...scope }: typeof form.values) =>
      changeApiKey(apiKey.apiKeyId, keyOf(scope, endOf(until, apiKey.expiresAt))),
    invalidates: [apiKeysQuery.queryKey],
    done: (_, { name }) => t("keys.changedToast", { name }),
    onDone: onClose,
    onFailed: (error) => {
      form.setErrors(fieldErrors(error, FIELDS, translate));
      return true;
    },
  });
  return (
    <FormModal
      title={t("keys.editTitle", { name: apiKey.name })}
      submit={t("actions.save")}
      isBusy={save.isPending}
      error={Object.keys(form.errors).length > 0 ? null : save.error}
      onClose={onClose}
      onSubmit={form.onSubmit((values) => save.mutate(values))}
    >
      <ScopeFields
        form={form}
        end={
          <TextInput
            type="date"
            label={t("keys.until")}
            description={t("keys.untilHelp")}
            {...form.getInputProps("until")}
          />
        }
      />
    </FormModal>
  );
}
