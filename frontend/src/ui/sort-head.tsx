import { UnstyledButton } from "@mantine/core";
import { IconArrowDown, IconArrowUp } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";

export interface Sort<Key extends string> {
  key: Key;
  isDescending: boolean;
}

interface SortHeadProps<Key extends string> {
  column: Key;
  label: string;
  sort: Sort<Key>;
  onSort: (sort: Sort<Key>) => void;
  isNumber?: boolean;
}

/** The head of a column that sorts. */
export function SortHead<Key extends string>(props: SortHeadProps<Key>) {
  const { t } = useTranslation();
  const isChosen = props.sort.key === props.column;
  const isDescending = isChosen && props.sort.isDescending;
  const Arrow = isDescending ? IconArrowDown : IconArrowUp;
  const order = isDescending ? "descending" : "ascending";
  return (
    <div
      role="columnheader"
      aria-sort={isChosen ? order : "none"}
      className={props.isNumber === true ? "num" : undefined}
    >
      <UnstyledButton
        fz={12}
        fw={500}
        c={isChosen ? "var(--asql-strong)" : "dimmed"}
        aria-label={t("table.sortedBy", { column: props.label })}
        onClick={() =>
          props.onSort({ key: props.column, isDescending: isChosen ? !isDescending : false })
        }
      >
        {props.label}
        {isChosen && <Arrow size={12} style={{ marginLeft: 3, verticalAlign: -1 }} aria-hidden />}
      </UnstyledButton>
    </div>
  );
}
