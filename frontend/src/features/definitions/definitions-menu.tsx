import { Button, Menu } from "@mantine/core";
import { IconFile, IconFileExport, IconFileImport, IconFilter } from "@tabler/icons-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { exportAddress, MAX_JOBS } from "@/api/definitions";
import { useFormats } from "@/i18n/use-formats";
import { useMay } from "@/ui/session-context";
import { ImportDialog } from "./import-dialog";

interface DefinitionsMenuProps {
  /** The jobs a filter leaves, where there is one. */
  shown: readonly number[] | null;
}

/** Jobs out into a file, and in again. */
export function DefinitionsMenu({ shown }: DefinitionsMenuProps) {
  const { t } = useTranslation();
  const formats = useFormats();
  const mayPropose = useMay("jobs.propose");
  const [isImporting, setImporting] = useState(false);
  const isSome = shown !== null && shown.length > 0 && shown.length <= MAX_JOBS;
  return (
    <>
      <Menu width={260}>
        <Menu.Target>
          <Button variant="default" leftSection={<IconFile size={15} />}>
            {t("definitions.menu")}
          </Button>
        </Menu.Target>
        <Menu.Dropdown>
          {isSome && (
            <Menu.Item
              component="a"
              href={exportAddress(shown)}
              download
              leftSection={<IconFilter size={15} />}
            >
              {t("definitions.exportShown", {
                count: shown.length,
                n: formats.number(shown.length),
              })}
            </Menu.Item>
          )}
          <Menu.Item
            component="a"
            href={exportAddress(null)}
            download
            leftSection={<IconFileExport size={15} />}
          >
            {t("definitions.exportAll")}
          </Menu.Item>
          {mayPropose && (
            <Menu.Item
              leftSection={<IconFileImport size={15} />}
              onClick={() => setImporting(true)}
            >
              {t("definitions.import")}
            </Menu.Item>
          )}
        </Menu.Dropdown>
      </Menu>
      {isImporting && <ImportDialog onClose={() => setImporting(false)} />}
    </>
  );
}
