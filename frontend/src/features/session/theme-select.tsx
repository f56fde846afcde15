import { Input, SegmentedControl, useMantineColorScheme } from "@mantine/core";
import { useTranslation } from "react-i18next";

export function ThemeSelect() {
  const { t } = useTranslation();
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  return (
    <Input.Wrapper label={t("app.theme")} labelElement="div">
      <SegmentedControl
        fullWidth
        aria-label={t("app.theme")}
        value={colorScheme}
        onChange={(value) => setColorScheme(value)}
        data={[
          { value: "light" as const, label: t("app.themes.light") },
          { value: "dark" as const, label: t("app.themes.dark") },
          { value: "auto" as const, label: t("app.themes.auto") },
        ]}
      />
    </Input.Wrapper>
  );
}
