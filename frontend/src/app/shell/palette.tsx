import { Modal, Text, TextInput, UnstyledButton } from "@mantine/core";
import { useHotkeys } from "@mantine/hooks";
import { IconCalendarEvent, IconSearch, IconTable, type Icon } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useRouter } from "@tanstack/react-router";
import { useEffect, useMemo, useState, type KeyboardEvent } from "react";
import { useTranslation } from "react-i18next";
import { datasetNamesQuery } from "@/api/datasets";
import { jobsQuery } from "@/api/jobs";
import { matches } from "@/lib/text";
import { useNavigation } from "./navigation";
import { onOpenPalette } from "./palette-store";
import classes from "./shell.module.css";

interface Entry {
  id: string;
  label: string;
  icon: Icon;
  go: () => void;
}

const MOST = 12;

function useEntries(isOpen: boolean): Entry[] {
  const { t } = useTranslation();
  const router = useRouter();
  const groups = useNavigation();
  const jobs = useQuery({ ...jobsQuery, enabled: isOpen }).data;
  const datasets = useQuery({ ...datasetNamesQuery, enabled: isOpen }).data;
  return useMemo(
    () => [
      ...groups.flatMap((group) =>
        group.entries.map((entry) => ({
          id: `page-${entry.key}`,
          label: t(`nav.${entry.key}`),
          icon: entry.icon,
          go: () => void router.navigate({ to: entry.to }),
        })),
      ),
      ...(jobs ?? []).map((job) => ({
        id: `job-${job.jobId}`,
        label: job.name,
        icon: IconCalendarEvent,
        go: () =>
          void router.navigate({ to: "/jobs/$jobId", params: { jobId: String(job.jobId) } }),
      })),
      ...(datasets ?? []).map((name) => ({
        id: `dataset-${name}`,
        label: name,
        icon: IconTable,
        go: () => void router.navigate({ to: "/datasets/$", params: { _splat: name } }),
      })),
    ],
    [groups, jobs, datasets, t, router],
  );
}

/** Ctrl+K: any page, job or dataset by a few letters. */
export function Palette() {
  const { t } = useTranslation();
  const [isOpen, setOpen] = useState(false);
  const [text, setText] = useState("");
  const [index, setIndex] = useState(0);
  const entries = useEntries(isOpen);
  useHotkeys([["mod+K", () => setOpen(true)]], []);
  useEffect(() => onOpenPalette(() => setOpen(true)), []);
  const found = entries.filter((entry) => matches(entry.label, text)).slice(0, MOST);
  const close = () => {
    setOpen(false);
    setText("");
    setIndex(0);
  };
  const choose = (entry: Entry | undefined) => {
    if (entry === undefined) return;
    close();
    entry.go();
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === "ArrowDown") setIndex((n) => Math.min(n + 1, found.length - 1));
    else if (event.key === "ArrowUp") setIndex((n) => Math.max(n - 1, 0));
    else if (event.key === "Enter") choose(found[index]);
    else return;
    event.preventDefault();
  };
  return (
    <Modal.Root opened={isOpen} onClose={close} padding="xs" yOffset="12vh" centered={false}>
      <Modal.Overlay />
      <Modal.Content aria-label={t("nav.searchHint")}>
        <Modal.Body>
          <TextInput
            data-autofocus
            variant="unstyled"
            size="md"
            role="combobox"
            aria-expanded
            aria-controls="palette-list"
            aria-activedescendant={found[index] ? `palette-${found[index].id}` : undefined}
            aria-label={t("nav.searchHint")}
            placeholder={t("nav.searchHint")}
            leftSection={<IconSearch size={16} />}
            value={text}
            onKeyDown={onKeyDown}
            onChange={(event) => {
              setText(event.currentTarget.value);
              setIndex(0);
            }}
          />
          <div id="palette-list" role="listbox" aria-label={t("nav.searchHint")}>
            {found.map((entry, position) => (
              <UnstyledButton
                key={entry.id}
                id={`palette-${entry.id}`}
                role="option"
                tabIndex={-1}
                aria-selected={position === index}
                className={classes.option}
                onMouseMove={() => setIndex(position)}
                onClick={() => choose(entry)}
              >
                <entry.icon size={16} stroke={1.6} aria-hidden />
                <span className="truncate">{entry.label}</span>
              </UnstyledButton>
            ))}
          </div>
          {found.length === 0 && (
            <Text size="sm" c="dimmed" p="sm" role="status">
              {t("nav.searchEmpty", { text })}
            </Text>
          )}
        </Modal.Body>
      </Modal.Content>
    </Modal.Root>
  );
}
