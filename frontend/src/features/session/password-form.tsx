import { Button, Group, PasswordInput, Stack } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useTranslation } from "react-i18next";
import { changePassword, sessionQuery } from "@/api/session";
import { useProblemText } from "@/i18n/use-problem-text";
import { fieldErrors } from "@/ui/form-errors";
import { useAction } from "@/ui/use-action";

const NAMES = { current_password: "current", new_password: "next" };
const MIN_LENGTH = 8;

/** Change one's own password. */
export function PasswordForm({ username }: { username: string }) {
  const { t, i18n } = useTranslation();
  const problemText = useProblemText();
  const form = useForm({
    initialValues: { current: "", next: "", repeat: "" },
    validate: {
      next: (value) => (value.length < MIN_LENGTH ? t("profile.tooShort") : null),
      repeat: (value, all) => (value !== all.next ? t("profile.differs") : null),
    },
  });
  const translate = (code: string) =>
    i18n.exists(`errors.${code}.title`) ? problemText.ofCode(code, "").title : null;
  const save = useAction({
    run: (values: typeof form.values) => changePassword(values.current, values.next),
    invalidates: [sessionQuery.queryKey],
    done: () => t("profile.changed"),
    onDone: () => form.reset(),
    onFailed: (error) => {
      const errors = fieldErrors(error, NAMES, translate);
      form.setErrors(errors);
      return Object.keys(errors).length > 0;
    },
  });
  return (
    <form onSubmit={form.onSubmit((values) => save.mutate(values))}>
      <Stack gap="sm">
        <input type="text" autoComplete="username" value={username} readOnly hidden />
        <PasswordInput
          label={t("profile.current")}
          autoComplete="current-password"
          required
          {...form.getInputProps("current")}
        />
        <PasswordInput
          label={t("profile.next")}
          description={t("profile.rule")}
          autoComplete="new-password"
          required
          {...form.getInputProps("next")}
        />
        <PasswordInput
          label={t("profile.repeat")}
          autoComplete="new-password"
          required
          {...form.getInputProps("repeat")}
        />
        <Group justify="flex-end">
          <Button type="submit" size="sm" loading={save.isPending}>
            {t("profile.change")}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
