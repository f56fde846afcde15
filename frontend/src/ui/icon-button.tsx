import type { ComponentProps, ReactNode } from "react";
import classes from "./icon-button.module.css";

interface IconButtonProps extends Omit<ComponentProps<"button">, "children" | "title"> {
  label: string;
  hasPopup?: boolean;
  /** Takes the focus when it appears, because it stands for a button that had it. */
  isFocused?: boolean;
  children: ReactNode;
}

/** A symbol to press; nothing but a button, so that thousands of rows can have it. */
export function IconButton({ label, hasPopup, isFocused, children, ...rest }: IconButtonProps) {
  return (
    <button
      type="button"
      className={classes.button}
      aria-label={label}
      aria-haspopup={hasPopup === true ? "menu" : undefined}
      title={label}
      autoFocus={isFocused === true}
      {...rest}
    >
      {children}
    </button>
  );
}
