import { Input, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useTranslation } from "react-i18next";
import {
  createParameter,
  parametersQuery,
  updateParameter,
  type Parameter,
} from "@/api/parameters";
import { isProblem } from "@/api/problem";
import { fieldErrors } from "@/ui/form-errors";
import { FormModal } from "@/ui/form-modal";
import { SqlEditor } from "@/ui/sql-editor";
import { useAction } from "@/ui/use-action";
import { useFieldTranslation } from "@/ui/use-field-translation";

const WIRE_NAMES = { parameter_name: "name" };

interface ParameterFormProps {
  parameter: Parameter | null;
  onClose: () => void;
}

export function ParameterForm({ parameter, onClose }: ParameterFormProps) {
  const { t } = useTranslation();
  const translate = useFieldTranslation();
  const form = useForm({
    initialValues: { name: parameter?.name ?? "", sql: parameter?.sql ?? "" },
    validate: {
      name: (value) => (value.trim() === "" ? t("job.required") : null),
      sql: (value) => (value.trim() === "" ? t("job.required") : null),
    },
  });
  const save = useAction({
    run: async (values: typeof form.values) => {
      if (parameter === null) await createParameter(values);
      else await updateParameter(parameter.parameterId, values);
    },
    invalidates: [parametersQuery.queryKey],
    done: (_, { name }) =>
      parameter === null ? t("parameters.created", { name }) : t("parameters.saved", { name }),
    onDone: onClose,
    onFailed: (error) => {
      form.setErrors(fieldErrors(error, WIRE_NAMES, translate));
      return true;
    },
  });
  const isOfField = isProblem(save.error) && form.errors.name !== undefined;
  return (
    <FormModal
      title={
        parameter === null
          ? t("parameters.new")
          : t("parameters.editTitle", { name: parameter.name })
      }
      submit={t("actions.save")}
      size="xl"
      isBusy={save.isPending}
      error={isOfField ? null : save.error}
      onClose={onClose}
      onSubmit={form.onSubmit((values) => save.mutate(values))}
    >
      <TextInput
        label={t("parameters.name")}
        required
        data-autofocus
        {...form.getInputProps("name")}
      />
      <Input.Wrapper
        label={t("parameters.sql")}
        labelElement="div"
        description={t("parameters.sqlHelp")}
        required
        error={form.errors.sql}
      >
        <SqlEditor
          value={form.values.sql}
          label={t("parameters.sql")}
          dialect="oracle"
          onChange={(value) => form.setFieldValue("sql", value)}
        />
      </Input.Wrapper>
    </FormModal>
  );
}
