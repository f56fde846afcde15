import { Skeleton, Stack, VisuallyHidden } from "@mantine/core";
import { useTranslation } from "react-i18next";

/** The shape of what is coming. */
export function TableSkeleton({ rows = 6, height = 20 }: { rows?: number; height?: number }) {
  const { t } = useTranslation();
  return (
    <Stack gap="md" p="md" role="status">
      <VisuallyHidden>{t("app.waiting")}</VisuallyHidden>
      {Array.from({ length: rows }, (_, index) => (
        <Skeleton key={index} height={height} width={`${100 - ((index * 13) % 30)}%`} />
      ))}
    </Stack>
  );
}
