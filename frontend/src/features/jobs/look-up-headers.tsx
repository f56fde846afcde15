import { ActionIcon, Button, Group, PasswordInput, Switch, Text, TextInput } from "@mantine/core";
import { IconPlus, IconX } from "@tabler/icons-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { SEALED } from "@/api/lookups";
import type { LookUpPartProps } from "./look-up-fields";

interface Header {
  name: string;
  value: string;
  isSecret: boolean;
}

/** Headers of the request. Secret ones are kept sealed: they can be replaced, never read. */
export function LookUpHeaders({ lookup, isReadOnly, onChange }: LookUpPartProps) {
  const { t } = useTranslation();
  const secret = lookup.secret_headers ?? [];
  const [rows, setRows] = useState<Header[]>(() =>
    Object.entries(lookup.headers ?? {}).map(([name, value]) => ({
      name,
      value,
      isSecret: secret.includes(name),
    })),
  );
  const save = (next: Header[]) => {
    setRows(next);
    const named = next.filter((row) => row.name.trim() !== "");
    onChange({
      headers: Object.fromEntries(named.map((row) => [row.name.trim(), row.value])),
      secret_headers: named.filter((row) => row.isSecret).map((row) => row.name.trim()),
    });
  };
  const change = (place: number, next: Partial<Header>) =>
    save(rows.map((row, index) => (index === place ? { ...row, ...next } : row)));
  return (
    <div>
      {rows.length > 0 && (
        <Text size="sm" fw={500} mb={4}>
          {t("movement.lookupHeaders")}
        </Text>
      )}
      {rows.map((row, place) => (
        <Group key={place} gap="xs" mb="xs">
          <TextInput
            size="xs"
            w={160}
            aria-label={`${t("movement.headerName")} ${place + 1}`}
            placeholder={t("movement.headerName")}
            readOnly={isReadOnly}
            value={row.name}
            onChange={(event) => change(place, { name: event.currentTarget.value })}
          />
          <HeaderValue
            row={row}
            label={`${t("movement.headerValue")} ${place + 1}`}
            isReadOnly={isReadOnly}
            onChange={(value) => change(place, { value })}
          />
          <Switch
            size="xs"
            label={t("movement.headerSecret")}
            disabled={isReadOnly || row.value.startsWith(SEALED)}
            checked={row.isSecret}
            onChange={(event) => change(place, { isSecret: event.currentTarget.checked })}
          />
          {!isReadOnly && (
            <ActionIcon
              variant="subtle"
              color="gray"
              aria-label={t("movement.headerRemove", { name: row.name })}
              onClick={() => save(rows.filter((_, index) => index !== place))}
            >
              <IconX size={14} />
            </ActionIcon>
          )}
        </Group>
      ))}
      {!isReadOnly && (
        <Button
          size="compact-xs"
          variant="subtle"
          leftSection={<IconPlus size={12} />}
          onClick={() => save([...rows, { name: "", value: "", isSecret: false }])}
        >
          {t("movement.headerAdd")}
        </Button>
      )}
    </div>
  );
}

interface HeaderValueProps {
  row: Header;
  label: string;
  isReadOnly: boolean;
  onChange: (value: string) => void;
}

function HeaderValue({ row, label, isReadOnly, onChange }: HeaderValueProps) {
  const { t } = useTranslation();
  const isSealed = row.value.startsWith(SEALED);
  const same = {
    size: "xs",
    style: { flex: "1 1 160px" },
    "aria-label": label,
    placeholder: isSealed ? `•••••• ${t("movement.headerKept")}` : t("movement.headerValue"),
    readOnly: isReadOnly,
    value: isSealed ? "" : row.value,
  } as const;
  return row.isSecret ? (
    <PasswordInput
      {...same}
      autoComplete="off"
      onChange={(event) => onChange(event.currentTarget.value)}
    />
  ) : (
    <TextInput {...same} onChange={(event) => onChange(event.currentTarget.value)} />
  );
}
