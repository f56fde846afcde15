import { screen, waitFor, within } from "@testing-library/react";
import { http, HttpResponse } from "msw";
import { describe, expect, it } from "vitest";
import { jobDetailWire, jobWire, me } from "@/testing/factories";
import { problemAnswer, server } from "@/testing/server";
import { renderApp } from "./render-app";

describe("the list of jobs", () => {
  it("shows the next step when there is none", async () => {
    server.use(http.get("*/api/jobs", () => HttpResponse.json([])));
    await renderApp("/jobs");
    expect(await screen.findByText("No jobs yet")).toBeVisible();
    expect(screen.getAllByRole("link", { name: "New job" })).not.toHaveLength(0);
  });

  it("shows what failed and reads again on request", async () => {
    server.use(http.get("*/api/jobs", () => problemAnswer(500, "internal_error")));
    const { user } = await renderApp("/jobs");
    expect(await screen.findByText("Something failed in the server")).toBeVisible();
    server.use(http.get("*/api/jobs", () => HttpResponse.json([jobWire()])));
    await user.click(screen.getByRole("button", { name: "Try again" }));
    expect(await screen.findByRole("link", { name: "Vendas" })).toBeVisible();
  });

  it("has no controls a role may not use", async () => {
    server.use(http.get("*/api/me", () => HttpResponse.json(me("normal"))));
    const { user } = await renderApp("/jobs");
    await screen.findByRole("link", { name: "Vendas" });
    expect(screen.queryByRole("button", { name: /Run now/ })).not.toBeInTheDocument();
    expect(screen.getByRole("link", { name: "Propose a job" })).toBeVisible();
    await user.click(screen.getByRole("button", { name: "More actions for Vendas" }));
    expect(
      await screen.findByRole("menuitem", { name: "Clone", hidden: true }),
    ).toBeInTheDocument();
    expect(
      screen.queryByRole("menuitem", { name: "Delete", hidden: true }),
    ).not.toBeInTheDocument();
  });

  it("deletes only after a dialog that names the job", async () => {
    let deleted = 0;
    server.use(
      http.delete("*/api/jobs/1", () => {
        deleted += 1;
        return HttpResponse.json({ msg: "deleted" });
      }),
    );
    const { user } = await renderApp("/jobs");
    await user.click(await screen.findByRole("button", { name: "More actions for Vendas" }));
    await user.click(await screen.findByRole("menuitem", { name: "Delete", hidden: true }));
    const dialog = await screen.findByRole("dialog", { name: "Delete “Vendas”?" });
    expect(deleted).toBe(0);
    await user.click(within(dialog).getByRole("button", { name: "Delete the job" }));
    expect(await screen.findByText("“Vendas” was deleted.")).toBeVisible();
    expect(deleted).toBe(1);
  });

  it("keeps the search in the address", async () => {
    const { user } = await renderApp("/jobs");
    await user.type(await screen.findByRole("searchbox"), "nothing like it");
    expect(await screen.findByText("Nothing matches these filters")).toBeVisible();
    expect(window.location.search).toBe("?q=nothing+like+it");
  });
});

describe("the editor", () => {
  it("sends the revision that was read and compares when somebody else was faster", async () => {
    const matches: (string | null)[] = [];
    let theirs = jobDetailWire();
    server.use(
      http.get("*/api/jobs/1", () => HttpResponse.json(theirs)),
      http.put("*/api/jobs/1", ({ request }) => {
        const match = request.headers.get("If-Match");
        matches.push(match);
        if (match === '"3"') {
          theirs = jobDetailWire({ job_name: "Theirs", revision: 4 });
          return problemAnswer(412, "revision_conflict");
        }
        return HttpResponse.json({ msg: "updated" });
      }),
    );
    const { user } = await renderApp("/jobs/1");
    const name = await screen.findByRole("textbox", { name: "Name" });
    await user.clear(name);
    await user.type(name, "Mine");
    expect(screen.getByText("Unsaved changes")).toBeVisible();
    await user.click(screen.getByRole("button", { name: "Save" }));
    const dialog = await screen.findByRole("dialog", { name: /Somebody else saved/ });
    expect(within(dialog).getByText("Mine")).toBeInTheDocument();
    expect(within(dialog).getByText("Theirs")).toBeInTheDocument();
    await user.click(within(dialog).getByRole("button", { name: "Save mine over it" }));
    await waitFor(() => expect(matches).toEqual(['"3"', '"4"']));
  });

  it("saves once, and nothing is typed meanwhile", async () => {
    let saved = 0;
    let answer: () => void = () => undefined;
    const answered = new Promise<void>((resolve) => (answer = resolve));
    server.use(
      http.get("*/api/jobs/1", () => HttpResponse.json(jobDetailWire())),
      http.put("*/api/jobs/1", async () => {
        saved += 1;
        await answered;
        return HttpResponse.json({ msg: "updated" });
      }),
    );
    const { user } = await renderApp("/jobs/1");
    await user.type(await screen.findByRole("textbox", { name: "Name" }), "!");
    await user.keyboard("{Control>}s{/Control}");
    await waitFor(() =>
      expect(screen.getByRole("textbox", { name: "Name" })).toHaveAttribute("readonly"),
    );
    await user.keyboard("{Control>}s{/Control}");
    answer();
    expect(await screen.findByText(/“Vendas!” was saved/)).toBeVisible();
    await waitFor(() =>
      expect(screen.getByRole("textbox", { name: "Name" })).not.toHaveAttribute("readonly"),
    );
    expect(saved).toBe(1);
  });

  it("has a key for every business day that was saved, and says what of them is left out", async () => {
    server.use(
      http.get("*/api/jobs/1", () =>
        HttpResponse.json(
          jobDetailWire({
            calendar_id: 1,
            business_days: { days: [24, -3, -6], times: ["06:00"] },
          }),
        ),
      ),
      http.post("*/api/schedule/preview", () =>
        HttpResponse.json({
          time_zone: "America/Sao_Paulo",
          moments: [],
          off: [{ moment: "2026-03-01T07:00:00-03:00", holiday: "Inventory", moves_to: null }],
          description: "",
        }),
      ),
    );
    await renderApp("/jobs/1");
    const days = await screen.findByRole("group", { name: "Business days of the month" });
    const on = within(days).getAllByRole("button", { pressed: true });
    expect(on.map((key) => key.title)).toEqual([
      "The 24th business day of the month",
      "The 5th-before-last business day of the month",
      "The third-last business day of the month",
    ]);
    const times = screen.getByRole("group", { name: "Times of day" });
    expect(within(times).queryByRole("group")).not.toBeInTheDocument();
    expect(await screen.findByText("No moment matches any more.")).toBeVisible();
    expect(screen.getByRole("region", { name: "Not on these days" })).toHaveTextContent(
      "Inventory",
    );
    expect(screen.getByRole("link", { name: "New calendar" })).toHaveAttribute(
      "href",
      "/calendars",
    );
  });

  it("shows how the database would run the query, or why it does not tell", async () => {
    server.use(
      http.get("*/api/jobs/1", () => HttpResponse.json(jobDetailWire())),
      http.post("*/api/preview/plan", () =>
        HttpResponse.json({
          lines: ["Seq Scan on vendas", "  Filter: x"],
          elapsed_ms: 7,
          binds: {},
        }),
      ),
    );
    const { user } = await renderApp("/jobs/1");
    await screen.findByRole("textbox", { name: "Name" });
    await user.click(screen.getByRole("button", { name: "Explain" }));
    const dialog = await screen.findByRole("dialog", { name: "Plan of the query" });
    expect(within(dialog).getByText(/Seq Scan on vendas/)).toBeVisible();
    await user.click(within(dialog).getByRole("button", { name: "Close" }));

    server.use(http.post("*/api/preview/plan", () => problemAnswer(422, "plan_not_permitted")));
    await user.click(screen.getByRole("button", { name: "Explain" }));
    expect(await screen.findByText("The account may not have plans made")).toBeVisible();
  });

  it("marks the field the server found faulty", async () => {
    server.use(
      http.get("*/api/jobs/1", () => HttpResponse.json(jobDetailWire())),
      http.put("*/api/jobs/1", () =>
        problemAnswer(409, "target_taken", "Job 9 exports there.", {
          errors: [{ field: "export_name", code: "target_taken", message: "Job 9." }],
        }),
      ),
    );
    const { user } = await renderApp("/jobs/1");
    await user.type(await screen.findByLabelText(/File name/), "2");
    await user.click(screen.getByRole("button", { name: "Save" }));
    const field = screen.getByLabelText(/File name/);
    await waitFor(() => expect(field).toHaveAttribute("aria-invalid", "true"));
  });

  it("asks before unsaved changes are lost", async () => {
    server.use(http.get("*/api/jobs/1", () => HttpResponse.json(jobDetailWire())));
    const { user, router } = await renderApp("/jobs/1");
    await user.type(await screen.findByRole("textbox", { name: "Name" }), "!");
    void router.navigate({ to: "/runs" });
    const dialog = await screen.findByRole("dialog", { name: "Leave without saving?" });
    await user.click(within(dialog).getByRole("button", { name: "Stay" }));
    expect(window.location.pathname).toBe("/jobs/1");
  });

  it("makes a sentence and the next moments of what is chosen", async () => {
    server.use(http.get("*/api/jobs/1", () => HttpResponse.json(jobDetailWire())));
    const { user } = await renderApp("/jobs/1");
    await user.click(await screen.findByRole("button", { name: "Workdays" }));
    expect(screen.getByTestId("schedule-sentence")).toHaveTextContent("Monday to Friday at 06:00");
    expect(screen.getAllByText("UTC−03:00")).toHaveLength(5);
  });

  it("can be read and not changed by a normal user", async () => {
    server.use(
      http.get("*/api/me", () => HttpResponse.json(me("normal"))),
      http.get("*/api/jobs/1", () => HttpResponse.json(jobDetailWire())),
    );
    await renderApp("/jobs/1");
    expect(await screen.findByText(/your role may not change jobs/)).toBeVisible();
    expect(screen.queryByRole("button", { name: "Save" })).not.toBeInTheDocument();
    expect(screen.getByRole("textbox", { name: "Name" })).toHaveAttribute("readonly");
  });
});
