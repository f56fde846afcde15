import { Button, Group } from "@mantine/core";
import { IconDownload, IconFilterOff, IconHistory } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { auditExportAddress, auditQuery } from "@/api/audit";
import { EmptyState } from "@/ui/empty-state";
import { Page } from "@/ui/page";
import { Pager } from "@/ui/pager";
import { QueryView } from "@/ui/query-view";
import { SearchInput } from "@/ui/search-input";
import { AuditTable } from "./audit-table";

const SIZE = 50;

interface AuditListProps {
  q: string;
  page: number;
  onChange: (change: { q?: string; page?: number }) => void;
}

/** Who changed what, newest first. */
export function AuditList({ q, page, onChange }: AuditListProps) {
  const { t } = useTranslation();
  const records = useQuery(auditQuery({ q, page, size: SIZE }));
  return (
    <Page
      title={t("audit.title")}
      actions={
        <Button
          component="a"
          href={auditExportAddress(q)}
          variant="default"
          leftSection={<IconDownload size={15} />}
        >
          {t("audit.export")}
        </Button>
      }
    >
      <div className="panel">
        <Group px="md" py="sm">
          <SearchInput
            value={q}
            label={t("audit.search")}
            onChange={(text) => onChange({ q: text, page: 1 })}
          />
        </Group>
        <QueryView
          query={records}
          skeletonRows={10}
          isEmpty={({ items }) => items.length === 0}
          empty={
            q === "" ? (
              <EmptyState icon={IconHistory} title={t("audit.empty")} help={t("audit.emptyHelp")} />
            ) : (
              <EmptyState
                icon={IconFilterOff}
                title={t("table.noMatch")}
                help={t("table.noMatchHelp")}
              />
            )
          }
        >
          {({ items, total }) => (
            <>
              <AuditTable records={items} />
              <Pager
                page={page}
                size={SIZE}
                total={total}
                onPage={(next) => onChange({ page: next })}
              />
            </>
          )}
        </QueryView>
      </div>
    </Page>
  );
}
