import { Button, Group } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import {
  endLoginSession,
  endOtherSessions,
  loginSessionsQuery,
  type LoginSession,
} from "@/api/login-sessions";
import { QueryView } from "@/ui/query-view";
import { RelativeTime } from "@/ui/relative-time";
import { Section } from "@/ui/section";
import { useAction } from "@/ui/use-action";

const READ_AGAIN = [loginSessionsQuery.queryKey];

/** Where one is logged in; each session is ended alone, or all others at once. */
export function SessionList() {
  const { t } = useTranslation();
  const sessions = useQuery(loginSessionsQuery);
  const endOthers = useAction({
    run: endOtherSessions,
    invalidates: READ_AGAIN,
    done: () => t("sessions.othersEnded"),
  });
  return (
    <Section
      title={t("sessions.title")}
      isFlush
      aside={
        <Button
          size="compact-sm"
          variant="default"
          loading={endOthers.isPending}
          onClick={() => endOthers.mutate()}
        >
          {t("sessions.endOthers")}
        </Button>
      }
    >
      <QueryView query={sessions} skeletonRows={2}>
        {(found) => (
          <div className="scroll-x">
            <table className="table">
              <thead>
                <tr>
                  <th scope="col">{t("sessions.address")}</th>
                  <th scope="col">{t("sessions.browser")}</th>
                  <th scope="col">{t("sessions.seen")}</th>
                  <th scope="col">{t("table.actions")}</th>
                </tr>
              </thead>
              <tbody>
                {found.map((one) => (
                  <SessionRow key={one.sessionId} session={one} />
                ))}
              </tbody>
            </table>
          </div>
        )}
      </QueryView>
    </Section>
  );
}

function SessionRow({ session }: { session: LoginSession }) {
  const { t } = useTranslation();
  const end = useAction({
    run: () => endLoginSession(session.sessionId),
    invalidates: READ_AGAIN,
    done: () => t("sessions.ended"),
  });
  return (
    <tr>
      <td className="mono">{session.address}</td>
      <td style={{ minWidth: 200, maxWidth: 320, overflowWrap: "anywhere" }}>
        {session.userAgent}
      </td>
      <td>
        <RelativeTime at={session.lastSeenAt} />
      </td>
      <td>
        {session.isCurrent ? (
          t("sessions.here")
        ) : (
          <Group gap="xs">
            <Button
              size="compact-xs"
              variant="default"
              aria-label={t("sessions.endOf", { address: session.address })}
              loading={end.isPending}
              onClick={() => end.mutate()}
            >
              {t("sessions.end")}
            </Button>
          </Group>
        )}
      </td>
    </tr>
  );
}
