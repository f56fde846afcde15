import { Button, PasswordInput, Stack, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useMutation } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { login } from "@/api/session";
import { ErrorPanel } from "@/ui/error-panel";

interface LoginFormProps {
  initialName?: string;
  onDone: (username: string) => void;
}

export function LoginForm({ initialName = "", onDone }: LoginFormProps) {
  const { t } = useTranslation();
  const form = useForm({ initialValues: { username: initialName, password: "" } });
  const attempt = useMutation({
    mutationFn: (values: typeof form.values) => login(values.username, values.password),
    onSuccess: (_, values) => onDone(values.username),
    onError: () => form.setFieldValue("password", ""),
  });
  return (
    <form onSubmit={form.onSubmit((values) => attempt.mutate(values))}>
      <Stack>
        {attempt.isError && <ErrorPanel error={attempt.error} />}
        <TextInput
          label={t("login.username")}
          autoComplete="username"
          autoCapitalize="none"
          autoFocus={initialName === ""}
          required
          {...form.getInputProps("username")}
        />
        <PasswordInput
          label={t("login.password")}
          autoComplete="current-password"
          autoFocus={initialName !== ""}
          required
          {...form.getInputProps("password")}
        />
        <Button type="submit" size="sm" loading={attempt.isPending} fullWidth>
          {t("login.submit")}
        </Button>
      </Stack>
    </form>
  );
}
