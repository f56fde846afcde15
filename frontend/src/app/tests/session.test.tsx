import { screen, waitFor, within } from "@testing-library/react";
import { http, HttpResponse } from "msw";
import { describe, expect, it } from "vitest";
import { jobDetailWire, me } from "@/testing/factories";
import { problemAnswer, server } from "@/testing/server";
import { renderApp } from "./render-app";

describe("the session", () => {
  it("leads to the login and back to the page that was asked for", async () => {
    let isIn = false;
    server.use(
      http.get("*/api/me", () => HttpResponse.json(isIn ? me("root") : { authenticated: false })),
      http.post("*/api/login", () => {
        isIn = true;
        return HttpResponse.json({ username: "root", role: "root" });
      }),
    );
    const { user } = await renderApp("/jobs?q=vendas");
    await user.type(await screen.findByLabelText(/User name/), "root");
    await user.type(screen.getByLabelText(/Password/), "secret-enough");
    await user.click(screen.getByRole("button", { name: "Log in" }));
    expect(await screen.findByRole("heading", { name: "Jobs" })).toBeVisible();
    expect(window.location.search).toBe("?q=vendas");
  });

  it("says in words that the password is wrong", async () => {
    server.use(
      http.get("*/api/me", () => HttpResponse.json({ authenticated: false })),
      http.post("*/api/login", () => problemAnswer(401, "login_refused")),
    );
    const { user } = await renderApp("/login");
    await user.type(await screen.findByLabelText(/User name/), "root");
    await user.type(screen.getByLabelText(/Password/), "wrong");
    await user.click(screen.getByRole("button", { name: "Log in" }));
    expect(await screen.findByText("The user name or the password is wrong")).toBeVisible();
    expect(screen.getByLabelText(/Password/)).toHaveValue("");
  });

  it("asks for a new password first", async () => {
    server.use(
      http.get("*/api/me", () => HttpResponse.json({ ...me("root"), must_change_password: true })),
    );
    await renderApp("/jobs");
    expect(await screen.findByRole("heading", { name: "Choose your own password" })).toBeVisible();
    expect(screen.queryByRole("navigation")).not.toBeInTheDocument();
  });

  it("asks for the login over the page when it ends, so that nothing typed is lost", async () => {
    server.use(
      http.get("*/api/jobs/1", () => HttpResponse.json(jobDetailWire())),
      http.put("*/api/jobs/1", () => problemAnswer(401, "authentication_required")),
      http.post("*/api/login", () => HttpResponse.json({ username: "root", role: "root" })),
    );
    const { user } = await renderApp("/jobs/1");
    await user.type(await screen.findByRole("textbox", { name: "Name" }), " kept");
    await user.click(screen.getByRole("button", { name: "Save" }));
    const dialog = await screen.findByRole("dialog", { name: "Log in" });
    await user.type(within(dialog).getByLabelText(/Password/), "secret-enough");
    await user.click(within(dialog).getByRole("button", { name: "Log in" }));
    await waitFor(() => expect(dialog).not.toBeVisible());
    expect(screen.getByRole("textbox", { name: "Name" })).toHaveValue("Vendas kept");
  });

  it("shows each role its own navigation", async () => {
    server.use(http.get("*/api/me", () => HttpResponse.json(me("normal"))));
    await renderApp("/about");
    const navigation = await screen.findByRole("navigation", { name: "Main navigation" });
    expect(within(navigation).getByRole("link", { name: "Jobs" })).toBeInTheDocument();
    expect(within(navigation).queryByRole("link", { name: "Users" })).not.toBeInTheDocument();
    expect(within(navigation).queryByRole("link", { name: "API keys" })).not.toBeInTheDocument();
  });

  it("switches the language at once and keeps the choice", async () => {
    const { user } = await renderApp("/profile");
    await user.selectOptions(await screen.findByLabelText("Language"), "pt-BR");
    expect(await screen.findByRole("heading", { name: "Perfil" })).toBeVisible();
    await waitFor(() => expect(document.documentElement.lang).toBe("pt-BR"));
    expect(localStorage.getItem("asql-language")).toBe("pt-BR");
  });
});
