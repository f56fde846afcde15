import { Modal, Stack, Text } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import { onUnauthorized } from "@/api/client";
import { LoginForm } from "./login-form";

/**
 * Asks for the login again, over the page, when the session has ended: what was typed stays.
 * Somebody else who logs in starts from nothing.
 */
export function SessionEnded({ username }: { username: string }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const [hasEnded, setEnded] = useState(false);
  useEffect(() => onUnauthorized(() => setEnded(true)), []);
  const enter = (name: string) => {
    if (name !== username) {
      window.location.assign("/");
      return;
    }
    setEnded(false);
    void client.invalidateQueries();
  };
  return (
    <Modal
      opened={hasEnded}
      onClose={() => undefined}
      withCloseButton={false}
      closeOnEscape={false}
      closeOnClickOutside={false}
      title={<Text fw={600}>{t("login.title")}</Text>}
      zIndex={500}
    >
      <Stack>
        <Text size="sm">{t("login.ended")}</Text>
        <LoginForm initialName={username} onDone={enter} />
      </Stack>
    </Modal>
  );
}
