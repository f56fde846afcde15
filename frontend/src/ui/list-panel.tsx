import { Group, Text } from "@mantine/core";
import { IconFilterOff } from "@tabler/icons-react";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { useFormats } from "@/i18n/use-formats";
import { EmptyState } from "./empty-state";
import { SearchInput } from "./search-input";

interface ListPanelProps {
  q: string;
  searchLabel: string;
  shown: number;
  beside?: ReactNode;
  /** What stands there when nothing is shown although nothing was searched for. */
  empty?: ReactNode;
  onSearch: (q: string) => void;
  children: ReactNode;
}

/** A panel with a search above a table. */
export function ListPanel(props: ListPanelProps) {
  const { t } = useTranslation();
  const formats = useFormats();
  return (
    <div className="panel">
      <Group px="md" py="sm" gap="xs">
        <SearchInput value={props.q} label={props.searchLabel} onChange={props.onSearch} />
        {props.beside}
        <Text size="xs" c="dimmed" ml="auto" aria-live="polite">
          {t("table.total", { count: props.shown, n: formats.number(props.shown) })}
        </Text>
      </Group>
      {props.shown === 0 ? (
        (props.empty ?? (
          <EmptyState
            icon={IconFilterOff}
            title={t("table.noMatch")}
            help={t("table.noMatchHelp")}
          />
        ))
      ) : (
        <div className="scroll-x">{props.children}</div>
      )}
    </div>
  );
}
