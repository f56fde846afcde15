import { IconFileImport } from "@tabler/icons-react";
import { useState, type DragEvent } from "react";
import { useTranslation } from "react-i18next";
import classes from "./file-drop.module.css";

/** A place to drop a file on, or to press for choosing one. */
export function FileDrop({ onFile }: { onFile: (file: File) => void }) {
  const { t } = useTranslation();
  const [isOver, setOver] = useState(false);
  const take = (files: FileList | null) => {
    const file = files?.[0];
    if (file) onFile(file);
  };
  const drop = (event: DragEvent) => {
    event.preventDefault();
    setOver(false);
    take(event.dataTransfer.files);
  };
  return (
    <label
      className={classes.drop}
      data-over={isOver || undefined}
      onDragOver={(event) => {
        event.preventDefault();
        setOver(true);
      }}
      onDragLeave={() => setOver(false)}
      onDrop={drop}
    >
      <IconFileImport size={24} aria-hidden />
      {t("definitions.choose")}
      <input
        type="file"
        accept=".json,application/json"
        className={classes.input}
        data-autofocus
        onChange={(event) => take(event.currentTarget.files)}
      />
    </label>
  );
}
