import { Button, List, Modal, Stack, Text } from "@mantine/core";
import { IconCircleCheck, IconPlugConnected } from "@tabler/icons-react";
import { useMutation } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { testConnection, type Connection } from "@/api/connections";
import { useFormats } from "@/i18n/use-formats";
import { ErrorPanel } from "@/ui/error-panel";
import { Tag } from "@/ui/tag";

/** Logs in to the database and says what came of it, in the words of the database. */
export function TestButton({ connection }: { connection: Connection }) {
  const { t } = useTranslation();
  const formats = useFormats();
  const test = useMutation({ mutationFn: () => testConnection(connection.connectionId) });
  const { name } = connection;
  return (
    <>
      <Button
        size="compact-xs"
        variant="default"
        leftSection={<IconPlugConnected size={13} />}
        loading={test.isPending}
        aria-label={`${t("connections.test")}: ${name}`}
        onClick={() => test.mutate()}
      >
        {t("connections.test")}
      </Button>
      <Modal
        opened={test.isSuccess || test.isError}
        onClose={test.reset}
        closeButtonProps={{ "aria-label": t("actions.close") }}
        title={
          <Text fw={600}>
            {test.isError
              ? t("connections.testFailed", { name })
              : t("connections.testOkTitle", { name })}
          </Text>
        }
      >
        {test.isError && <ErrorPanel error={test.error} onRetry={() => test.mutate()} />}
        {test.data && (
          <Stack gap="xs" align="flex-start">
            <Tag tone="good" icon={IconCircleCheck}>
              {t("connections.testOk", { ms: formats.number(test.data.elapsedMs) })}
            </Tag>
            <Text size="sm">{test.data.serverVersion}</Text>
            {test.data.warnings.length > 0 && (
              <List size="sm" spacing={4}>
                {test.data.warnings.map((warning) => (
                  <List.Item key={warning}>{warning}</List.Item>
                ))}
              </List>
            )}
          </Stack>
        )}
      </Modal>
    </>
  );
}
