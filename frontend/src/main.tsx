import "@fontsource-variable/inter/index.css";
import "@/ui/mantine";
import "@mantine/notifications/styles.css";
import "@/ui/global.css";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { App } from "@/app/app";
import { makeQueryClient } from "@/app/query-client";
import { makeRouter } from "@/app/router";
import { loadErrorTexts, preferredLocale, startI18n } from "@/i18n";

async function start(): Promise<void> {
  const locale = preferredLocale();
  await startI18n(locale);
  const queryClient = makeQueryClient();
  const router = makeRouter(queryClient);
  const root = document.getElementById("root");
  if (root === null) throw new Error("index.html has no element called root");
  createRoot(root).render(
    <StrictMode>
      <App queryClient={queryClient} router={router} />
    </StrictMode>,
  );
  await loadErrorTexts(locale);
}

void start();
