import { Group, Title } from "@mantine/core";
import { useId, type ReactNode } from "react";
import classes from "./section.module.css";

interface SectionProps {
  title: string;
  aside?: ReactNode;
  children: ReactNode;
  isFlush?: boolean;
}

/** A titled panel. `isFlush`: the content reaches the border, as tables do. */
export function Section({ title, aside, children, isFlush = false }: SectionProps) {
  const id = useId();
  return (
    <section className={`panel ${classes.section ?? ""}`} aria-labelledby={id}>
      <Group justify="space-between" className={classes.head} gap="xs">
        <Title order={2} id={id} className={classes.title}>
          {title}
        </Title>
        {aside}
      </Group>
      <div className={isFlush ? classes.flush : classes.body}>{children}</div>
    </section>
  );
}
