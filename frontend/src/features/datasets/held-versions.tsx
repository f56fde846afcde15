import { Alert, Button, Group, Stack, Text } from "@mantine/core";
import { IconShieldExclamation } from "@tabler/icons-react";
import { Link } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import type { Decision, Finding, Version } from "@/api/versions";
import { useFormats } from "@/i18n/use-formats";
import { AbsoluteTime } from "@/ui/relative-time";
import { useMay } from "@/ui/session-context";

interface HeldVersionsProps {
  versions: Version[];
  onDecide: (version: Version, decision: Decision) => void;
}

/** Versions that a check keeps from readers, which check, and the decision. */
export function HeldVersions({ versions, onDecide }: HeldVersionsProps) {
  const { t } = useTranslation();
  const formats = useFormats();
  if (versions.length === 0) return null;
  const count = versions.length;
  return (
    <Alert
      mx="md"
      variant="outline"
      color="yellow"
      icon={<IconShieldExclamation size={18} />}
      title={t("versions.heldTitle", { count, n: formats.number(count) })}
      styles={{ title: { color: "var(--asql-warn)" } }}
    >
      <Stack gap="sm">
        <Text size="sm">{t("versions.heldHelp")}</Text>
        {versions.map((version) => (
          <HeldVersion key={version.versionId} version={version} onDecide={onDecide} />
        ))}
      </Stack>
    </Alert>
  );
}

interface HeldVersionProps {
  version: Version;
  onDecide: HeldVersionsProps["onDecide"];
}

function HeldVersion({ version, onDecide }: HeldVersionProps) {
  const { t } = useTranslation();
  const formats = useFormats();
  const mayDecide = useMay("runs.control");
  return (
    <Group justify="space-between" align="flex-start" gap="xs">
      <div style={{ minWidth: 0 }}>
        <Text size="sm" fw={500}>
          {t("dataset.columnVersion")} {version.versionId} · <AbsoluteTime at={version.asOf} /> ·{" "}
          {t("values.rows", { count: version.rows, n: formats.number(version.rows) })}
          {version.runId !== null && (
            <>
              {" · "}
              <Link to="/runs/$runId" params={{ runId: String(version.runId) }}>
                {t("run.title", { id: version.runId })}
              </Link>
            </>
          )}
        </Text>
        <ul style={{ margin: "4px 0 0", paddingLeft: 18 }}>
          {version.findings.map((finding) => (
            <FindingText key={finding.guard} finding={finding} />
          ))}
        </ul>
      </div>
      {mayDecide && (
        <Group gap="xs">
          <Button onClick={() => onDecide(version, "release")}>{t("versions.release")}</Button>
          <Button variant="default" onClick={() => onDecide(version, "discard")}>
            {t("versions.discard")}
          </Button>
        </Group>
      )}
    </Group>
  );
}

/** The check in the reader's words, with its figures; the server's sentence for an unknown one. */
function FindingText({ finding }: { finding: Finding }) {
  const { t } = useTranslation();
  const names: Record<string, string> = {
    min_rows: t("guards.minRows"),
    max_change_percent: t("guards.maxChangePercent"),
    not_empty: t("guards.notEmpty"),
    columns: t("guards.columns"),
    not_all_null: t("guards.notAllNull"),
  };
  const name = names[finding.guard];
  if (name === undefined) return <li>{finding.message}</li>;
  const { found, expected } = finding;
  const figures =
    found === null || expected === null ? null : t("versions.finding", { found, expected });
  const columns = finding.columns.length === 0 ? null : finding.columns.join(", ");
  const facts = [figures, columns].filter((part) => part !== null);
  return (
    <li title={finding.message}>
      {name}
      {facts.length > 0 && `: ${facts.join("; ")}`}
    </li>
  );
}
