import { TextInput } from "@mantine/core";
import { useState } from "react";

interface NameListProps {
  label: string;
  description?: string;
  names: string[];
  isReadOnly: boolean;
  isRequired?: boolean;
  onChange: (names: string[]) => void;
}

/** Names separated by commas; what is typed stays as it is typed. */
export function NameList(props: NameListProps) {
  const [text, setText] = useState(() => props.names.join(", "));
  return (
    <TextInput
      label={props.label}
      description={props.description}
      required={props.isRequired ?? false}
      readOnly={props.isReadOnly}
      value={text}
      onChange={(event) => {
        const typed = event.currentTarget.value;
        setText(typed);
        props.onChange(typed.split(",").flatMap((part) => part.trim() || []));
      }}
    />
  );
}
