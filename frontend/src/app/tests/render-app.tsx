import { render } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import i18next from "i18next";
import { App } from "@/app/app";
import { makeQueryClient } from "@/app/query-client";
import { makeRouter } from "@/app/router";
import { loadErrorTexts, startI18n } from "@/i18n";

/** The whole program at an address, in English, as a person would open it. */
export async function renderApp(path: string) {
  window.history.replaceState(null, "", path);
  if (!i18next.isInitialized || i18next.language !== "en") {
    await startI18n("en");
    await loadErrorTexts("en");
  }
  const queryClient = makeQueryClient();
  queryClient.setDefaultOptions({ queries: { retry: false, staleTime: 0 } });
  const router = makeRouter(queryClient);
  render(<App queryClient={queryClient} router={router} />);
  return { user: userEvent.setup(), router };
}
