import { Box, Group, Text, Title } from "@mantine/core";
import { useEffect, type ReactNode } from "react";
import classes from "./page.module.css";

interface PageProps {
  title: string;
  /** What stands in the browser's tab, when it is more than the title. */
  tab?: string;
  subtitle?: ReactNode;
  /** Where this page belongs, above the title. */
  above?: ReactNode;
  beside?: ReactNode;
  actions?: ReactNode;
  children: ReactNode;
}

/** Title, what one can do here, content. */
export function Page({ title, tab, subtitle, above, beside, actions, children }: PageProps) {
  useEffect(() => {
    document.title = `${tab ?? title} · AutomacaoSQL`;
  }, [tab, title]);
  return (
    <Box className={classes.page}>
      <header className={classes.header}>
        <div className={classes.titles}>
          {above}
          <Group gap="sm" wrap="nowrap" maw="100%">
            <Title order={1} className={classes.title} title={title}>
              {title}
            </Title>
            {beside}
          </Group>
          {subtitle !== undefined && (
            <Text size="sm" c="dimmed" component="div">
              {subtitle}
            </Text>
          )}
        </div>
        {actions !== undefined && <Group gap="xs">{actions}</Group>}
      </header>
      {children}
    </Box>
  );
}
