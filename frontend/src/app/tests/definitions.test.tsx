import { screen, waitFor, within } from "@testing-library/react";
import { http, HttpResponse } from "msw";
import { describe, expect, it } from "vitest";
import type { DefinitionOutcomeWire } from "@/api/wire";
import { jobWire } from "@/testing/factories";
import { problemAnswer, server } from "@/testing/server";
import { renderApp } from "./render-app";

const TEXT = '{"version": 1, "jobs": [{"job_name": "Vendas"}]}';

function outcomeWire(
  index: number,
  job_name: string,
  change: Partial<DefinitionOutcomeWire> = {},
): DefinitionOutcomeWire {
  const nothing = { job_id: null, revision: null, fields: [], sql: "", errors: [] };
  return { index, job_name, state: "new", ...nothing, ...change };
}

const jobs = [
  outcomeWire(0, "Vendas", {
    state: "changed",
    revision: 4,
    job_id: 1,
    fields: [{ field: "priority", before: 1, after: 2 }],
  }),
  outcomeWire(1, "Nova"),
  outcomeWire(2, "Igual", { state: "same", revision: 1, job_id: 3 }),
  outcomeWire(3, "Sem conexão", {
    state: "refused",
    errors: [
      { field: "jobs[3].connection", code: "definition_reference_unknown", message: "No oracle" },
    ],
  }),
];

/** Without a layout the library takes the menu's button for scrolled away, and hides the menu. */
const menuItem = (name: string) => screen.findByRole("menuitem", { name, hidden: true });

async function openImport() {
  const { user } = await renderApp("/jobs");
  await user.click(await screen.findByRole("button", { name: "File" }));
  await user.click(await menuItem("Import…"));
  return { user, dialog: await screen.findByRole("dialog") };
}

const fileOf = (text: string) => new File([text], "jobs.json", { type: "application/json" });
const DROP = "Choose a file, or drop it here";

describe("jobs as a file", () => {
  it("are exported as the filter shows them, or all", async () => {
    const others = [2, 3].map((job_id) => jobWire({ job_id, job_name: `Outro ${job_id}` }));
    server.use(http.get("*/api/jobs", () => HttpResponse.json([jobWire(), ...others])));
    const { user } = await renderApp("/jobs?q=Outro");
    await screen.findByRole("table");
    await user.click(screen.getByRole("button", { name: "File" }));
    const some = await menuItem("Export the 2 jobs shown");
    expect(some).toHaveAttribute("href", "/api/jobs/definitions?job_id=2,3");
    const all = await menuItem("Export all jobs");
    expect(all).toHaveAttribute("href", "/api/jobs/definitions");
  });

  it("are looked at before they are imported, and imported as they were chosen", async () => {
    let sent: unknown = null;
    server.use(
      http.post("*/api/jobs/definitions/dry-run", () =>
        HttpResponse.json({ proposed: false, jobs }),
      ),
      http.post("*/api/jobs/definitions", async ({ request }) => {
        sent = await request.json();
        return HttpResponse.json({ proposed: false, jobs: [jobs[0]] });
      }),
    );
    const { user, dialog } = await openImport();
    await user.upload(within(dialog).getByLabelText(DROP), fileOf(TEXT));
    const table = await within(dialog).findByRole("table");
    const rows = within(table).getAllByRole("row").slice(1);
    // What is refused first, with its place; what is the same is only counted
    expect(rows.map((row) => within(row).getByText(/^(Refused|Changed|New)$/).textContent)).toEqual(
      ["Refused", "Changed", "New"],
    );
    expect(rows[0]).toHaveTextContent("Something the job names is not here");
    expect(rows[0]).toHaveTextContent("jobs[3].connection: No oracle");
    expect(rows[1]).toHaveTextContent("1 field differs: priority");
    expect(within(dialog).getByText("1 job is here already, the same.")).toBeVisible();
    expect(within(dialog).getByRole("checkbox", { name: "Import Sem conexão" })).toBeDisabled();
    await user.click(within(dialog).getByRole("checkbox", { name: "Import Nova" }));
    await user.click(within(dialog).getByRole("button", { name: "Import 1 job" }));
    expect(await screen.findByText("Imported: 0 new, 1 changed.")).toBeVisible();
    await waitFor(() => expect(screen.queryByRole("dialog")).toBeNull());
    expect(sent).toEqual({ ...JSON.parse(TEXT), chosen: [{ job_name: "Vendas", revision: 4 }] });
  });

  it("that changed since are told, and looked at again", async () => {
    let looks = 0;
    server.use(
      http.post("*/api/jobs/definitions/dry-run", () => {
        looks += 1;
        return HttpResponse.json({ proposed: true, jobs: jobs.slice(0, 1) });
      }),
      http.post("*/api/jobs/definitions", () => {
        const errors = [{ field: "jobs[0].job_name", code: "revision_conflict", message: "At 5" }];
        return problemAnswer(422, "definitions_refused", "Nothing", { errors });
      }),
    );
    const { user, dialog } = await openImport();
    await user.upload(within(dialog).getByLabelText(DROP), fileOf(TEXT));
    expect(await within(dialog).findByText(/You may propose jobs/)).toBeVisible();
    await user.click(within(dialog).getByRole("button", { name: "Import 1 job" }));
    expect(await within(dialog).findByText("Nothing was imported")).toBeVisible();
    expect(within(dialog).getByRole("table")).toHaveTextContent("jobs[0].job_name: At 5");
    await user.click(within(dialog).getByRole("button", { name: "Look again" }));
    await waitFor(() => expect(within(dialog).queryByText("Nothing was imported")).toBeNull());
    await waitFor(() => expect(looks).toBe(2));
    // Another file: from the beginning
    await user.click(within(dialog).getByRole("button", { name: "Another file" }));
    await user.upload(within(dialog).getByLabelText(DROP), fileOf("{"));
    expect(await within(dialog).findByRole("alert")).toHaveTextContent("This file is not JSON");
  });
});
