import { ActionIcon, Button, Group, Text } from "@mantine/core";
import { IconPlus, IconTrash } from "@tabler/icons-react";
import { useState, type ClipboardEvent } from "react";
import { useTranslation } from "react-i18next";
import type { ParameterSet, QueryParameter } from "@/api/job-sets";
import { useFormats } from "@/i18n/use-formats";
import { cellText, cellValue, emptySet, pastedCells, withCells } from "./set-grid";
import classes from "./set-grid.module.css";

/** A thousand rows of fields would make typing slow. */
const ROWS_SHOWN = 100;

interface SetGridProps {
  sets: ParameterSet[];
  parameters: QueryParameter[];
  isReadOnly: boolean;
  onChange: (sets: ParameterSet[]) => void;
}

/** A row for each set, with its label and values; cells of Excel can be pasted anywhere. */
export function SetGrid({ sets, parameters, isReadOnly, onChange }: SetGridProps) {
  const { t } = useTranslation();
  const formats = useFormats();
  const [showsAll, setShowsAll] = useState(false);
  const shown = showsAll ? sets : sets.slice(0, ROWS_SHOWN);
  const columns = [t("sets.label"), ...parameters.map((one) => `:${one.name}`)];
  const paste = (event: ClipboardEvent, row: number, column: number) => {
    const cells = pastedCells(event.clipboardData.getData("text"));
    if (cells === null || isReadOnly) return;
    event.preventDefault();
    onChange(withCells(sets, parameters, { row, column }, cells));
  };
  const write = (row: number, column: number, text: string) =>
    onChange(
      sets.map((one, index) => {
        const parameter = parameters[column - 1];
        if (index !== row) return one;
        if (parameter === undefined) return { ...one, label: text };
        return { ...one, values: { ...one.values, [parameter.name]: cellValue(text, parameter) } };
      }),
    );
  return (
    <>
      <div className="scroll-x">
        <table className={classes.grid} aria-label={t("sets.title")}>
          <thead>
            <tr>
              {columns.map((title, index) => (
                // a column is its place
                <th key={index} scope="col">
                  {title}
                </th>
              ))}
              {!isReadOnly && <td />}
            </tr>
          </thead>
          <tbody>
            {shown.map((one, row) => (
              // a row is its place: labels change while they are typed
              <tr key={row}>
                {columns.map((title, column) => {
                  const parameter = parameters[column - 1];
                  return (
                    // a cell is its place
                    <td key={column}>
                      <input
                        aria-label={t("sets.cell", { column: title, n: row + 1 })}
                        readOnly={isReadOnly}
                        value={
                          parameter === undefined
                            ? one.label
                            : cellText(one.values[parameter.name], parameter)
                        }
                        onChange={(event) => write(row, column, event.currentTarget.value)}
                        onPaste={(event) => paste(event, row, column)}
                      />
                    </td>
                  );
                })}
                {!isReadOnly && (
                  <td className={classes.remove}>
                    <ActionIcon
                      variant="subtle"
                      color="gray"
                      aria-label={t("sets.removeRow", { n: row + 1 })}
                      onClick={() => onChange(sets.filter((_, index) => index !== row))}
                    >
                      <IconTrash size={14} />
                    </ActionIcon>
                  </td>
                )}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      <Group gap="xs">
        {!isReadOnly && (
          <Button
            size="compact-sm"
            variant="subtle"
            leftSection={<IconPlus size={14} />}
            onClick={() => onChange([...sets, emptySet(parameters)])}
          >
            {t("sets.addRow")}
          </Button>
        )}
        {shown.length < sets.length && (
          <Button size="compact-sm" variant="subtle" onClick={() => setShowsAll(true)}>
            {t("sets.showAll", { n: formats.number(sets.length) })}
          </Button>
        )}
      </Group>
      {!isReadOnly && (
        <Text size="xs" c="dimmed">
          {t("sets.pasteHelp")}
        </Text>
      )}
    </>
  );
}
