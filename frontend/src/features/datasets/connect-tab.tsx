import { Alert, Button, Group, List, Stack, Tabs, Text } from "@mantine/core";
import { IconDownload, IconInfoCircle } from "@tabler/icons-react";
import { Link } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { OPENING_FILES, openingPath } from "@/api/datasets";
import { CopyBlock } from "@/ui/copy-block";
import { useMay } from "@/ui/session-context";
import { isLocalOrigin, KEY_MARK, snippetsOf } from "./snippets";

/** How programs read this dataset. */
export function ConnectTab({ name }: { name: string }) {
  const { t } = useTranslation();
  const mayKeys = useMay("keys.manage");
  const { origin } = window.location;
  const snippets = snippetsOf(origin, name);
  return (
    <Stack p="md" maw={880}>
      <Text size="sm">
        {t("dataset.connectHelp", { mark: KEY_MARK })}{" "}
        {mayKeys ? <Link to="/api-keys">{t("dataset.keyCreate")}</Link> : t("dataset.keyAsk")}
      </Text>
      {isLocalOrigin(origin) && (
        <Alert icon={<IconInfoCircle size={16} />} variant="outline" color="gray" p="xs">
          <Text size="sm">{t("dataset.local")}</Text>
        </Alert>
      )}
      <div>
        <Text size="xs" fw={600} mb={4}>
          {t("dataset.address")}
        </Text>
        <CopyBlock text={snippets.address} label={t("dataset.address")} />
      </div>
      <Group gap="xs">
        {OPENING_FILES.map((end) => (
          <Button
            key={end}
            variant="default"
            component="a"
            href={openingPath(name, end)}
            download
            leftSection={<IconDownload size={15} />}
          >
            {t(`dataset.openingFiles.${end}`)}
          </Button>
        ))}
      </Group>
      <Text size="xs" c="dimmed">
        {t("dataset.openingHelp")}
      </Text>
      <Tabs defaultValue="powerquery" keepMounted={false}>
        <Tabs.List mb="sm">
          {(["powerquery", "excel", "vba", "pandas", "r", "curl"] as const).map((tool) => (
            <Tabs.Tab key={tool} value={tool}>
              {t(`dataset.tools.${tool}`)}
            </Tabs.Tab>
          ))}
        </Tabs.List>
        {(["powerquery", "vba", "pandas", "r", "curl"] as const).map((tool) => (
          <Tabs.Panel key={tool} value={tool}>
            <CopyBlock text={snippets[tool]} label={t(`dataset.tools.${tool}`)} />
          </Tabs.Panel>
        ))}
        <Tabs.Panel value="excel">
          <List type="ordered" size="sm" spacing="xs">
            <List.Item>{t("dataset.excelSteps.open")}</List.Item>
            <List.Item>
              {t("dataset.excelSteps.editor")}
              <CopyBlock text={snippets.powerquery} label={t("dataset.tools.excel")} />
            </List.Item>
            <List.Item>{t("dataset.excelSteps.credentials")}</List.Item>
            <List.Item>{t("dataset.excelSteps.load")}</List.Item>
          </List>
        </Tabs.Panel>
      </Tabs>
    </Stack>
  );
}
