import { ActionIcon, CopyButton, Tooltip } from "@mantine/core";
import { IconCheck, IconCopy } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import classes from "./copy-block.module.css";

/** A text to take away. */
export function CopyBlock({ text, label }: { text: string; label: string }) {
  return (
    <div className={classes.block}>
      {/* Long lines scroll, so the block must be reachable by keyboard. */}
      {/* eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex */}
      <pre className={classes.text} tabIndex={0} aria-label={label}>
        {text}
      </pre>
      <div className={classes.button}>
        <CopyIcon text={text} />
      </div>
    </div>
  );
}

export function CopyIcon({ text }: { text: string }) {
  const { t } = useTranslation();
  return (
    <CopyButton value={text} timeout={1500}>
      {({ copied, copy }) => (
        <Tooltip label={copied ? t("actions.copied") : t("actions.copy")}>
          <ActionIcon
            variant="default"
            aria-label={copied ? t("actions.copied") : t("actions.copy")}
            onClick={copy}
          >
            {copied ? <IconCheck size={14} /> : <IconCopy size={14} />}
          </ActionIcon>
        </Tooltip>
      )}
    </CopyButton>
  );
}
