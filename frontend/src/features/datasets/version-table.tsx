import { Button, Group, Text } from "@mantine/core";
import { IconCircleCheck, IconShieldExclamation } from "@tabler/icons-react";
import { Link } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import type { Version } from "@/api/versions";
import { useFormats } from "@/i18n/use-formats";
import { AbsoluteTime } from "@/ui/relative-time";
import { useMay } from "@/ui/session-context";
import { Tag } from "@/ui/tag";

interface VersionTableProps {
  versions: Version[];
  onRestore: (version: Version) => void;
  /** Absent while there is no current version to compare with. */
  onCompare: ((version: Version) => void) | undefined;
}

/** Every version that is known, the newest data first. */
export function VersionTable({ versions, onRestore, onCompare }: VersionTableProps) {
  const { t } = useTranslation();
  return (
    <div className="scroll-x">
      <table className="table">
        <thead>
          <tr>
            <th scope="col">{t("dataset.columnVersion")}</th>
            <th scope="col">{t("versions.state")}</th>
            <th scope="col">{t("datasets.columns.asOf")}</th>
            <th scope="col" className="num">
              {t("datasets.columns.rows")}
            </th>
            <th scope="col" className="num">
              {t("datasets.columns.size")}
            </th>
            <th scope="col">{t("runs.columns.id")}</th>
            <th scope="col">{t("table.actions")}</th>
          </tr>
        </thead>
        <tbody>
          {versions.map((version) => (
            <VersionRow
              key={version.versionId}
              version={version}
              onRestore={onRestore}
              onCompare={onCompare}
            />
          ))}
        </tbody>
      </table>
    </div>
  );
}

interface VersionRowProps extends Omit<VersionTableProps, "versions"> {
  version: Version;
}

function VersionRow({ version, onRestore, onCompare }: VersionRowProps) {
  const { t } = useTranslation();
  const formats = useFormats();
  const mayRestore = useMay("runs.control");
  const isThere = version.removedAt === null && !version.isCurrent;
  const name = String(version.versionId);
  return (
    <tr>
      <td>{version.versionId}</td>
      <td>
        <VersionState version={version} />
      </td>
      <td>
        <AbsoluteTime at={version.asOf} />
      </td>
      <td className="num">{formats.number(version.rows)}</td>
      <td className="num">
        {formats.bytes(version.sizeBytes)}
        {version.files > 1 && (
          <Text size="xs" c="dimmed">
            {t("versions.files", { n: formats.number(version.files) })}
          </Text>
        )}
      </td>
      <td>
        {version.runId === null ? (
          "–"
        ) : (
          <Link to="/runs/$runId" params={{ runId: String(version.runId) }}>
            {version.runId}
          </Link>
        )}
      </td>
      <td>
        <Group gap={4} wrap="nowrap">
          {isThere && onCompare && (
            <Button
              size="compact-xs"
              variant="default"
              aria-label={t("versions.compareLabel", { id: name })}
              onClick={() => onCompare(version)}
            >
              {t("versions.compare")}
            </Button>
          )}
          {isThere && !version.isHeld && mayRestore && (
            <Button
              size="compact-xs"
              variant="default"
              aria-label={`${t("versions.restore")}: ${name}`}
              onClick={() => onRestore(version)}
            >
              {t("versions.restore")}
            </Button>
          )}
        </Group>
      </td>
    </tr>
  );
}

function VersionState({ version }: { version: Version }) {
  const { t } = useTranslation();
  const { restoredBy, releasedBy, discardedBy } = version;
  const note =
    (restoredBy !== null && t("versions.restored", { name: restoredBy })) ||
    (releasedBy !== null && t("versions.released", { name: releasedBy })) ||
    (discardedBy !== null && t("versions.discarded", { name: discardedBy }));
  return (
    <>
      {version.isCurrent && (
        <Tag tone="good" icon={IconCircleCheck}>
          {t("dataset.isCurrent")}
        </Tag>
      )}
      {version.isHeld && (
        <Tag tone="warn" icon={IconShieldExclamation}>
          {t("versions.held")}
        </Tag>
      )}
      {!version.isCurrent && !version.isHeld && (
        <Text span size="xs" c="dimmed">
          {version.removedAt === null ? t("versions.old") : t("dataset.isRemoved")}
        </Text>
      )}
      {note !== false && (
        <Text size="xs" c="dimmed">
          {note}
        </Text>
      )}
    </>
  );
}
