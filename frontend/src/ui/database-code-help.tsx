import { Stack, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { codesIn, databaseCodesQuery } from "@/api/database-codes";

/** Explains the first known code of a foreign database in a message; nothing where there is none. */
export function DatabaseCodeHelp({ text }: { text: string | null }) {
  const { t, i18n } = useTranslation();
  const codes = codesIn(text ?? "");
  const known = useQuery({ ...databaseCodesQuery, enabled: codes.length > 0 });
  const meaning = codes
    .map((code) => known.data?.find((one) => one.code === code))
    .find((one) => one !== undefined);
  if (meaning === undefined) return null;
  const words = i18n.language.startsWith("pt") ? meaning.pt : meaning.en;
  return (
    <Stack gap={2}>
      <Text size="sm">
        <strong>
          {t("databaseCode.says")} <span className="mono">{meaning.code}</span>:
        </strong>{" "}
        {words.cause} {words.action}
      </Text>
      <Text size="xs" c="dimmed">
        {t("databaseCode.actor")}: {t(`databaseCode.${meaning.actor}`)}
      </Text>
    </Stack>
  );
}
