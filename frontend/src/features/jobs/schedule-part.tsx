import { Button, Group } from "@mantine/core";
import type { ReactNode } from "react";
import classes from "./schedule-input.module.css";

export const range = (from: number, to: number, step = 1) =>
  Array.from({ length: Math.ceil((to - from) / step) }, (_, index) => from + index * step);

export const twoDigits = (value: number) => String(value).padStart(2, "0");

interface Choice {
  label: string;
  values: number[];
}

interface PartProps {
  label: string;
  quickLabel: string;
  choices: Choice[];
  isReadOnly: boolean;
  onChoose: (values: number[]) => void;
  children: ReactNode;
}

/** One dimension of a schedule: its name, quick choices, and a key for each value. */
export function Part({ label, quickLabel, choices, isReadOnly, onChoose, children }: PartProps) {
  return (
    <fieldset className={classes.part} disabled={isReadOnly}>
      <legend className={classes.legend}>{label}</legend>
      {!isReadOnly && choices.length > 0 && (
        <Group gap={4} role="group" aria-label={quickLabel} className={classes.quick}>
          {choices.map((choice) => (
            <Button
              key={choice.label}
              size="compact-xs"
              variant="default"
              onClick={() => onChoose(choice.values)}
            >
              {choice.label}
            </Button>
          ))}
        </Group>
      )}
      <div className={classes.keys}>{children}</div>
    </fieldset>
  );
}

interface KeyProps {
  label: string;
  title?: string;
  isOn: boolean;
  onToggle: () => void;
}

export function Key({ label, title, isOn, onToggle }: KeyProps) {
  return (
    <button
      type="button"
      className={classes.key}
      aria-pressed={isOn}
      title={title}
      onClick={onToggle}
    >
      {label}
    </button>
  );
}
