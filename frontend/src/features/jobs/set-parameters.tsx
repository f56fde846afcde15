import { ActionIcon, Button, Group, NativeSelect, Stack, TextInput } from "@mantine/core";
import { IconPlus, IconTrash } from "@tabler/icons-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { PARAMETER_TYPES, type ParameterType, type QueryParameter } from "@/api/job-sets";

interface SetParametersProps {
  parameters: QueryParameter[];
  isReadOnly: boolean;
  onChange: (parameters: QueryParameter[]) => void;
}

const isSame = (a: string, b: string) => a.trim().toLowerCase() === b.trim().toLowerCase();

/** The names in the query that each set gives a value, and what their values are. */
export function SetParameters({ parameters, isReadOnly, onChange }: SetParametersProps) {
  const { t } = useTranslation();
  // Values are known by the names: one that another parameter has stays here while it is typed.
  const [taken, setTaken] = useState<{ place: number; name: string } | null>(null);
  const change = (place: number, part: Partial<QueryParameter>) =>
    onChange(parameters.map((one, index) => (index === place ? { ...one, ...part } : one)));
  const rename = (place: number, name: string) => {
    const isTaken = parameters.some((one, index) => index !== place && isSame(one.name, name));
    setTaken(isTaken ? { place, name } : null);
    if (!isTaken) change(place, { name });
  };
  const remove = (place: number) => {
    setTaken(null);
    onChange(parameters.filter((_, index) => index !== place));
  };
  return (
    <Stack gap="xs" role="group" aria-label={t("sets.parameters")}>
      {parameters.map((one, index) => (
        // a parameter is its place: names change while they are typed
        <Group key={index} gap="xs" wrap="nowrap" align="flex-end">
          <TextInput
            flex={1}
            maw={260}
            label={t("sets.parameter")}
            leftSection=":"
            readOnly={isReadOnly}
            value={taken?.place === index ? taken.name : one.name}
            error={taken?.place === index ? t("sets.parameterTaken") : undefined}
            onChange={(event) => rename(index, event.currentTarget.value)}
          />
          <NativeSelect
            label={t("sets.type")}
            disabled={isReadOnly}
            data={PARAMETER_TYPES.map((type) => ({ value: type, label: t(`sets.types.${type}`) }))}
            value={one.type}
            onChange={(event) =>
              change(index, { type: event.currentTarget.value as ParameterType })
            }
          />
          {!isReadOnly && parameters.length > 1 && (
            <ActionIcon
              variant="subtle"
              color="gray"
              size={36}
              aria-label={t("sets.removeParameter", { name: one.name })}
              onClick={() => remove(index)}
            >
              <IconTrash size={15} />
            </ActionIcon>
          )}
        </Group>
      ))}
      {!isReadOnly && (
        <Button
          size="compact-sm"
          variant="subtle"
          style={{ alignSelf: "flex-start" }}
          leftSection={<IconPlus size={14} />}
          disabled={parameters.some((one) => one.name === "")}
          onClick={() => onChange([...parameters, { name: "", type: "text" }])}
        >
          {t("sets.addParameter")}
        </Button>
      )}
    </Stack>
  );
}
