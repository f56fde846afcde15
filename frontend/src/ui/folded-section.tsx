import { Title } from "@mantine/core";
import { IconChevronRight } from "@tabler/icons-react";
import { useId, useState, type ReactNode } from "react";
import classes from "./folded-section.module.css";

interface FoldedSectionProps {
  title: string;
  /** What the content says in one line, while it is folded away. */
  summary: string;
  /** Something inside needs attention, so it cannot stay folded. */
  hasFault?: boolean;
  children: ReactNode;
}

/** A titled panel that most leave closed: its line says what is inside, which is drawn when opened. */
export function FoldedSection({ title, summary, hasFault = false, children }: FoldedSectionProps) {
  const id = useId();
  const [isOpen, setOpen] = useState(false);
  return (
    <details
      className={`panel ${classes.section ?? ""}`}
      open={isOpen || hasFault}
      onToggle={(event) => setOpen(event.currentTarget.open)}
    >
      <summary className={classes.head}>
        <IconChevronRight size={14} className={classes.arrow} aria-hidden />
        <Title order={2} id={id} className={classes.title}>
          {title}
        </Title>
        <span className={`truncate ${classes.summary ?? ""}`}>{summary}</span>
      </summary>
      {(isOpen || hasFault) && (
        <div className={classes.body} role="group" aria-labelledby={id}>
          {children}
        </div>
      )}
    </details>
  );
}
