import { CloseButton, TextInput } from "@mantine/core";
import { useDebouncedCallback, useHotkeys } from "@mantine/hooks";
import { IconSearch } from "@tabler/icons-react";
import { useRef, useState } from "react";
import { useTranslation } from "react-i18next";

interface SearchInputProps {
  value: string;
  label: string;
  onChange: (value: string) => void;
  width?: number;
}

/** A search that follows the typing after a moment. The key "/" jumps to it. */
export function SearchInput({ value, label, onChange, width = 280 }: SearchInputProps) {
  const { t } = useTranslation();
  const input = useRef<HTMLInputElement>(null);
  const [text, setText] = useState(value);
  const [known, setKnown] = useState(value);
  if (known !== value) {
    setKnown(value);
    setText(value);
  }
  const report = useDebouncedCallback((next: string) => {
    setKnown(next);
    onChange(next);
  }, 200);
  useHotkeys([["/", () => input.current?.focus()]]);
  const change = (next: string) => {
    setText(next);
    report(next);
  };
  return (
    <TextInput
      ref={input}
      type="search"
      size="xs"
      w={{ base: "100%", xs: width }}
      placeholder={label}
      aria-label={label}
      value={text}
      leftSection={<IconSearch size={14} />}
      rightSection={
        text !== "" && (
          <CloseButton size="xs" aria-label={t("actions.clear")} onClick={() => change("")} />
        )
      }
      onChange={(event) => change(event.currentTarget.value)}
    />
  );
}
