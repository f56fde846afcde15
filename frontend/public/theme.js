// Runs before the first paint so that a dark page never flashes white.
(function () {
  var chosen = "auto";
  try {
    chosen = localStorage.getItem("asql-color-scheme") || "auto";
  } catch {
    // A browser that keeps nothing follows the system.
  }
  var dark =
    chosen === "dark" || (chosen === "auto" && matchMedia("(prefers-color-scheme: dark)").matches);
  document.documentElement.setAttribute("data-mantine-color-scheme", dark ? "dark" : "light");
})();
