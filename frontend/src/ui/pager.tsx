import { ActionIcon, Group, Text } from "@mantine/core";
import { IconChevronLeft, IconChevronRight } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import { useFormats } from "@/i18n/use-formats";

interface PagerProps {
  page: number;
  size: number;
  total: number;
  onPage: (page: number) => void;
}

/** "51–100 of 1,234" and two arrows. */
export function Pager({ page, size, total, onPage }: PagerProps) {
  const { t } = useTranslation();
  const formats = useFormats();
  const pages = Math.max(1, Math.ceil(total / size));
  const from = total === 0 ? 0 : (page - 1) * size + 1;
  const to = Math.min(total, page * size);
  return (
    <Group justify="space-between" px="md" py="xs">
      <Text size="xs" c="dimmed" aria-live="polite">
        {t("table.range", {
          from: formats.number(from),
          to: formats.number(to),
          total: formats.number(total),
        })}
      </Text>
      {pages > 1 && (
        <Group gap={4}>
          <ActionIcon
            variant="default"
            aria-label={t("table.previous")}
            disabled={page <= 1}
            onClick={() => onPage(page - 1)}
          >
            <IconChevronLeft size={14} />
          </ActionIcon>
          <Text size="xs" px={6}>
            {t("table.page", { page: formats.number(page), pages: formats.number(pages) })}
          </Text>
          <ActionIcon
            variant="default"
            aria-label={t("table.next")}
            disabled={page >= pages}
            onClick={() => onPage(page + 1)}
          >
            <IconChevronRight size={14} />
          </ActionIcon>
        </Group>
      )}
    </Group>
  );
}
