import type { Icon } from "@tabler/icons-react";
import type { ReactNode } from "react";
import classes from "./run-state-badge.module.css";

interface TagProps {
  tone: "good" | "bad" | "busy" | "wait" | "warn" | "quiet";
  icon?: Icon;
  children: ReactNode;
  title?: string;
}

/** A small word in colour, for instance the status of a job. */
export function Tag({ tone, icon: Symbol, children, title }: TagProps) {
  return (
    <span className={classes.badge} data-tone={tone} title={title}>
      {Symbol && <Symbol size={14} aria-hidden />}
      {children}
    </span>
  );
}
