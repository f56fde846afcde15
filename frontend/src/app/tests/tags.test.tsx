import { screen, waitFor, within } from "@testing-library/react";
import { http, HttpResponse } from "msw";
import { describe, expect, it } from "vitest";
import { jobDetailWire, jobWire } from "@/testing/factories";
import { server } from "@/testing/server";
import { renderApp } from "./render-app";

describe("tags of jobs", () => {
  it("leaves the jobs of a tag after a click on it, as the address says", async () => {
    const jobs = [
      jobWire({ job_id: 1, job_name: "Loja", tags: ["diário", "vendas", "zona sul"] }),
      jobWire({ job_id: 2, job_name: "Site", tags: ["vendas"] }),
      jobWire({ job_id: 3, job_name: "Estoque" }),
    ];
    server.use(http.get("*/api/jobs", () => HttpResponse.json(jobs)));
    const { user } = await renderApp("/jobs?tag=VENDAS");
    expect(await screen.findByRole("link", { name: "Loja" })).toBeVisible();
    expect(screen.getByRole("link", { name: "Site" })).toBeVisible();
    expect(screen.queryByRole("link", { name: "Estoque" })).not.toBeInTheDocument();
    const row = screen.getByRole("row", { name: /Loja/ });
    // What does not stand in the line is named where the rest is counted
    expect(within(row).getByText("+1")).toHaveAttribute("title", "zona sul");

    await user.click(within(row).getByRole("button", { name: "diário" }));
    await waitFor(() =>
      expect(screen.queryByRole("link", { name: "Site" })).not.toBeInTheDocument(),
    );
    expect(new URLSearchParams(window.location.search).get("tag")).toBe("VENDAS,diário");
    await user.click(screen.getByRole("button", { name: "Clear filters" }));
    expect(await screen.findByRole("link", { name: "Estoque" })).toBeVisible();
    expect(window.location.search).toBe("");
  });

  it("suggests the tags of other jobs and spells them alike", async () => {
    let sent: unknown = null;
    server.use(
      http.get("*/api/jobs/1", () => HttpResponse.json(jobDetailWire({ tags: ["diário"] }))),
      http.get("*/api/tags", () => HttpResponse.json([{ tag: "vendas", jobs: 2 }])),
      http.put("*/api/jobs/1", async ({ request }) => {
        sent = await request.json();
        return HttpResponse.json({ msg: "updated" });
      }),
    );
    const { user } = await renderApp("/jobs/1");
    // The tags at its head lead to the jobs that have them
    expect(await screen.findByRole("link", { name: "diário" })).toHaveAttribute(
      "href",
      "/jobs?tag=di%C3%A1rio",
    );
    const field = screen.getByRole("combobox", { name: "Tags" });
    await user.click(field);
    expect(await screen.findByRole("option", { name: "vendas", hidden: true })).toBeInTheDocument();
    // What is not ended by a comma or Enter is saved as well
    await user.type(field, "VENDAS,Loja{Enter}DIÁRIO{Enter}novo{Control>}s{/Control}");
    await waitFor(() => expect(sent).toMatchObject({ tags: ["diário", "vendas", "Loja", "novo"] }));
  });
});
