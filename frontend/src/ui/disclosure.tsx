import { useState, type ReactNode } from "react";
import classes from "./disclosure.module.css";

interface DisclosureProps {
  label: string;
  children: ReactNode;
}

/** More, on request. What was never asked for is not drawn. */
export function Disclosure({ label, children }: DisclosureProps) {
  const [isOpen, setOpen] = useState(false);
  return (
    <details open={isOpen} onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary className={classes.summary}>{label}</summary>
      {isOpen && <div className={classes.body}>{children}</div>}
    </details>
  );
}
