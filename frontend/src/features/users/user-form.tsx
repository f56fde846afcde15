import { PasswordInput, Radio, Stack, Switch, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useTranslation } from "react-i18next";
import { createUser, updateUser, usersQuery, type User } from "@/api/users";
import { ROLES } from "@/lib/permissions";
import { fieldErrors } from "@/ui/form-errors";
import { FormModal } from "@/ui/form-modal";
import { useAction } from "@/ui/use-action";
import { useFieldTranslation } from "@/ui/use-field-translation";

const WIRE_NAMES = { username: "username", password: "password", role: "role" };
const MIN_LENGTH = 8;

interface UserFormProps {
  user: User | null;
  onClose: () => void;
}

export function UserForm({ user, onClose }: UserFormProps) {
  const { t } = useTranslation();
  const translate = useFieldTranslation();
  const form = useForm({
    initialValues: {
      username: user?.username ?? "",
      password: "",
      role: user?.role ?? "normal",
      mustChange: true,
    },
    validate: {
      username: (value) => (value.trim() === "" ? t("job.required") : null),
      password: (value) => {
        if (user !== null && value === "") return null;
        return value.length < MIN_LENGTH ? t("profile.tooShort") : null;
      },
    },
  });
  const save = useAction({
    run: ({ username, role, ...given }: typeof form.values) =>
      user === null ? createUser(username, role, given) : updateUser(user.userId, role, given),
    invalidates: [usersQuery.queryKey, ["session"]],
    done: (_, { username }) =>
      t(user === null ? "users.created" : "users.saved", { name: username }),
    onDone: onClose,
    onFailed: (error) => {
      form.setErrors(fieldErrors(error, WIRE_NAMES, translate));
      return true;
    },
  });
  const hasFieldErrors = Object.keys(form.errors).length > 0;
  return (
    <FormModal
      title={user === null ? t("users.new") : t("users.editTitle", { name: user.username })}
      submit={t("actions.save")}
      isBusy={save.isPending}
      error={hasFieldErrors ? null : save.error}
      onClose={onClose}
      onSubmit={form.onSubmit((values) => save.mutate(values))}
    >
      <TextInput
        label={t("users.name")}
        required
        readOnly={user !== null}
        data-autofocus={user === null || undefined}
        autoComplete="off"
        {...form.getInputProps("username")}
      />
      <Radio.Group label={t("users.role")} {...form.getInputProps("role")}>
        <Stack gap="xs" mt={4}>
          {ROLES.map((role) => (
            <Radio
              key={role}
              value={role}
              label={t(`roles.${role}`)}
              description={t(`roleHelp.${role}`)}
            />
          ))}
        </Stack>
      </Radio.Group>
      <PasswordInput
        label={t("users.password")}
        description={user === null ? t("profile.rule") : t("users.passwordKept")}
        required={user === null}
        autoComplete="new-password"
        {...form.getInputProps("password")}
      />
      {form.values.password !== "" && (
        <Switch
          label={t("givenPassword.mustChange")}
          description={t("givenPassword.mustChangeHelp")}
          {...form.getInputProps("mustChange", { type: "checkbox" })}
        />
      )}
    </FormModal>
  );
}
