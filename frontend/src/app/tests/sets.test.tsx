import { screen, waitFor, within } from "@testing-library/react";
import { http, HttpResponse } from "msw";
import { describe, expect, it } from "vitest";
import type { JobSetWire } from "@/api/wire";
import { jobDetailWire, runWire } from "@/testing/factories";
import { problemAnswer, server } from "@/testing/server";
import { renderApp } from "./render-app";

const job = (revision = 3, label = "Sul") =>
  jobDetailWire({
    revision,
    parameter_sets: {
      parameters: [{ name: "uf", type: "text" }],
      sets: [{ label, values: { uf: "RS" } }],
      query: null,
    },
  });
const jobSet = (label: string): JobSetWire => ({
  label,
  dataset_id: 1,
  dataset: `loja/vendas_${label}`,
  rows: 5,
  data_as_of: null,
  run_id: null,
  state: null,
  error_code: null,
  error_message: null,
});

describe("parameter sets", () => {
  it("keep the values of one parameter while the name of another begins with its name", async () => {
    server.use(
      http.get("*/api/jobs/1", () => HttpResponse.json(job())),
      http.get("*/api/jobs/1/sets", () => HttpResponse.json([])),
    );
    const { user } = await renderApp("/jobs/1");
    await user.click(await screen.findByText("1 set"));
    const add = screen.getByRole("button", { name: "Add a parameter" });
    await user.click(add);
    expect(add).toBeDisabled();
    const group = screen.getByRole("group", { name: "Parameters of the query" });
    const name = () => within(group).getAllByRole("textbox", { name: "Name" })[1];
    await user.type(screen.getByRole("textbox", { name: ": of row 1" }), "SC");
    await user.type(name() ?? group, "uf");
    expect(name()).toHaveValue("uf");
    expect(screen.getByText("Another parameter has this name")).toBeVisible();
    await user.type(name() ?? group, "_destino");
    expect(screen.queryByText("Another parameter has this name")).not.toBeInTheDocument();
    expect(screen.getByRole("textbox", { name: ":uf of row 1" })).toHaveValue("RS");
    expect(screen.getByRole("textbox", { name: ":uf_destino of row 1" })).toHaveValue("SC");
  });

  it("are chosen only while they are in the job, whose page stays when it was changed", async () => {
    let started: unknown;
    server.use(
      http.get("*/api/jobs/1", () => HttpResponse.json(job())),
      http.get("*/api/jobs/1/sets", () => problemAnswer(500, "internal_error")),
      http.post("*/api/jobs/1/sets/runs", async ({ request }) => {
        started = await request.json();
        return HttpResponse.json(runWire(), { status: 201 });
      }),
    );
    const { user } = await renderApp("/jobs/1");
    const again = await screen.findByRole("button", { name: "Try again" });
    server.use(
      http.get("*/api/jobs/1/sets", () => HttpResponse.json([jobSet("Norte"), jobSet("Sul")])),
    );
    await user.click(again);
    expect(await screen.findByRole("checkbox", { name: "Choose Norte" })).toBeDisabled();
    await user.click(screen.getByRole("checkbox", { name: "Choose all" }));
    await user.type(screen.getByRole("textbox", { name: "Name" }), "!");
    await user.click(screen.getByRole("button", { name: "Run the chosen (1)" }));
    await waitFor(() => expect(started).toEqual({ labels: ["Sul"] }));
    expect(await screen.findByText(/Run 7/)).toBeVisible();
    expect(window.location.pathname).toBe("/jobs/1");
  });

  it("can be read where two versions of them differ", async () => {
    let theirs = job();
    server.use(
      http.get("*/api/jobs/1", () => HttpResponse.json(theirs)),
      http.get("*/api/jobs/1/sets", () => HttpResponse.json([])),
      http.put("*/api/jobs/1", () => {
        theirs = job(4, "Extremo Sul");
        return problemAnswer(412, "revision_conflict");
      }),
    );
    const { user } = await renderApp("/jobs/1");
    await user.type(await screen.findByRole("textbox", { name: "Name" }), "!");
    await user.click(screen.getByRole("button", { name: "Save" }));
    const dialog = await screen.findByRole("dialog", { name: /Somebody else saved/ });
    expect(dialog).toHaveTextContent("Extremo Sul");
    expect(dialog).not.toHaveTextContent("[object Object]");
  });
});
