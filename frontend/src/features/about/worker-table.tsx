import { IconServerOff } from "@tabler/icons-react";
import { useTranslation } from "react-i18next";
import type { WorkerHealth } from "@/api/health";
import { useFormats } from "@/i18n/use-formats";
import { EmptyState } from "@/ui/empty-state";

export function WorkerTable({ workers }: { workers: WorkerHealth[] }) {
  const { t } = useTranslation();
  const formats = useFormats();
  if (workers.length === 0) {
    return (
      <EmptyState
        icon={IconServerOff}
        title={t("about.noWorkers")}
        help={t("about.noWorkersHelp")}
      />
    );
  }
  return (
    <div className="scroll-x">
      <table className="table">
        <thead>
          <tr>
            <th scope="col">{t("about.worker")}</th>
            <th scope="col">{t("about.kind")}</th>
            <th scope="col" className="num">
              {t("about.heartbeat")}
            </th>
          </tr>
        </thead>
        <tbody>
          {workers.map((worker) => (
            <tr key={worker.name}>
              <td className="mono">{worker.name}</td>
              <td>{worker.isScheduler ? t("about.kindBoth") : t("about.kindWorker")}</td>
              <td className="num">
                {worker.heartbeatAgeS === null
                  ? t("values.never")
                  : t("values.ago", {
                      time: formats.duration(Math.max(1000, worker.heartbeatAgeS * 1000)),
                    })}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
