import { screen, waitFor, within } from "@testing-library/react";
import { http, HttpResponse } from "msw";
import { beforeEach, describe, expect, it } from "vitest";
import type { CalendarDetailWire, CalendarYearWire } from "@/api/wire";
import { problemAnswer, server } from "@/testing/server";
import { renderApp } from "./render-app";

const calendar: CalendarDetailWire = {
  calendar_id: 1,
  name: "Matriz",
  country: null,
  subdivision: null,
  optional_days: "none",
  weekend: ["Sáb", "Dom"],
  revision: 2,
  own_days: 1,
  jobs: 12,
  days: [{ day: "2100-01-04", name: "Inventory", yearly: false, taken_out: false }],
  job_names: Array.from({ length: 12 }, (_, index) => `Job ${index + 1}`),
};
const year: CalendarYearWire = {
  year: 2100,
  days: [{ day: "2100-01-04", name: "Inventory", source: "own", business_day: false }],
  business_days: [20, 20, 22, 21, 21, 22, 22, 22, 22, 21, 22, 23],
};

beforeEach(() =>
  server.use(
    http.get("*/api/calendars/1", () => HttpResponse.json(calendar)),
    http.get("*/api/calendars/1/days", () => HttpResponse.json(year)),
  ),
);

describe("the page of a calendar", () => {
  it("ends with the last year, and says that more jobs use it than it names", async () => {
    const { user } = await renderApp("/calendars/1?year=2099");
    const after = await screen.findByRole("button", { name: "The year after" });
    await user.click(after);
    await waitFor(() => expect(after).toBeDisabled());
    expect(window.location.search).toBe("?year=2100");
    expect(screen.getByText(/Job 9, Job 10 and 2 more/)).toBeVisible();
  });

  it("keeps the typed name until the day is added, and makes one change at a time", async () => {
    let sent = 0;
    let answer: () => void = () => undefined;
    const answered = new Promise<void>((resolve) => (answer = resolve));
    server.use(
      http.put("*/api/calendars/1", async () => {
        sent += 1;
        if (sent === 1) return problemAnswer(422, "calendar_invalid");
        await answered;
        return HttpResponse.json({ msg: "updated" });
      }),
    );
    const { user } = await renderApp("/calendars/1?year=2100");
    await user.type(await screen.findByLabelText("Day"), "2100-02-01");
    const name = screen.getByRole("textbox", { name: "Name of the day" });
    await user.type(name, "Anniversary{Enter}");
    await waitFor(() => expect(sent).toBe(1));
    await waitFor(() => expect(screen.getByRole("button", { name: "Add day" })).toBeEnabled());
    expect(name).toHaveValue("Anniversary");
    await user.type(name, "{Enter}");
    await waitFor(() => expect(sent).toBe(2));
    await user.type(name, "{Enter}");
    const row = screen.getByRole("row", { name: /Inventory/ });
    await user.click(within(row).getByRole("button", { name: "Remove Inventory" }));
    answer();
    await waitFor(() => expect(name).toHaveValue(""));
    expect(sent).toBe(2);
  });
});
