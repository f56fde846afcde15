import { lazy, Suspense, useState } from "react";
import type { Decision, Version } from "@/api/versions";
import { DecisionDialog } from "./decision-dialog";
import { HeldVersions } from "./held-versions";
import { VersionTable } from "./version-table";

interface VersionsProps {
  name: string;
  versions: Version[];
}

const Difference = lazy(async () => ({
  default: (await import("./difference-dialog")).DifferenceDialog,
}));

/** The versions there are, what waits for a decision, and what can be done with each. */
export function Versions({ name, versions }: VersionsProps) {
  const [asked, setAsked] = useState<{ version: Version; decision: Decision } | null>(null);
  const [compared, setCompared] = useState<Version | null>(null);
  const decide = (version: Version, decision: Decision) => setAsked({ version, decision });
  const current = versions.find((one) => one.isCurrent);
  return (
    <>
      <HeldVersions versions={versions.filter((one) => one.isHeld)} onDecide={decide} />
      <VersionTable
        versions={versions}
        onRestore={(version) => decide(version, "restore")}
        onCompare={current === undefined ? undefined : setCompared}
      />
      {asked !== null && <DecisionDialog name={name} {...asked} onClose={() => setAsked(null)} />}
      {compared !== null && current !== undefined && (
        <Suspense fallback={null}>
          <Difference version={compared} current={current} onClose={() => setCompared(null)} />
        </Suspense>
      )}
    </>
  );
}
