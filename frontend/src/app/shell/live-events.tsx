import { useDocumentVisibility } from "@mantine/hooks";
import { useQueryClient, type QueryClient } from "@tanstack/react-query";
import { useEffect } from "react";
import { useLive } from "@/ui/live";

// A busy server changes many runs a second; lists are read again at most this often.
const FLUSH_MS = 1000;
const REOPEN_MS = 60_000;

const AFTER_RUN = ["runs", "overview", "datasets", "jobs"];
const AFTER_JOB = ["jobs", "overview"];

/** Collects what became old and reads it again together. */
function makeFlusher(client: QueryClient) {
  const old = new Set<string>();
  let timer: number | undefined;
  const flush = () => {
    timer = undefined;
    const keys = [...old];
    old.clear();
    keys.forEach((key) => void client.invalidateQueries({ queryKey: [key] }));
  };
  return {
    add: (keys: string[]) => {
      keys.forEach((key) => old.add(key));
      timer ??= window.setTimeout(flush, FLUSH_MS);
    },
    stop: () => window.clearTimeout(timer),
  };
}

/** Listens to the server while the page is visible; without it the pages poll. */
export function LiveEvents() {
  const client = useQueryClient();
  const { isPaused, setStreaming } = useLive();
  const isVisible = useDocumentVisibility() === "visible";
  useEffect(() => {
    if (isPaused || !isVisible || typeof EventSource === "undefined") return undefined;
    const flusher = makeFlusher(client);
    let source: EventSource | undefined;
    let reopen: number | undefined;
    const open = () => {
      source = new EventSource("/api/events");
      source.addEventListener("open", () => setStreaming(true));
      source.addEventListener("run", () => flusher.add(AFTER_RUN));
      source.addEventListener("job", () => flusher.add(AFTER_JOB));
      source.addEventListener("reset", () => flusher.add(AFTER_RUN));
      source.addEventListener("error", () => {
        setStreaming(false);
        // Closed for good: no stream is free or the session has ended. Ask again later.
        if (source?.readyState === EventSource.CLOSED) reopen = window.setTimeout(open, REOPEN_MS);
      });
    };
    open();
    return () => {
      source?.close();
      window.clearTimeout(reopen);
      flusher.stop();
      setStreaming(false);
    };
  }, [client, isPaused, isVisible, setStreaming]);
  return null;
}
