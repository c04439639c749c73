// Light or dark: as the system has it, until the user switches; then as the user had it last. CSS does the rest by
// `data-theme` on the root, and who draws with colours of his own is told.

const KEY = "tenantry-theme";
const system = matchMedia("(prefers-color-scheme: dark)");

const chosen = () => localStorage.getItem(KEY);
const current = () => chosen() ?? (system.matches ? "dark" : "light");

/** Have a button switch, and call `changed` after each change. */
export function setUpTheme(button, changed) {
  const show = () => {
    document.documentElement.dataset.theme = current();
    button.setAttribute("aria-pressed", String(current() === "dark"));
    changed();
  };
  button.addEventListener("click", () => {
    localStorage.setItem(KEY, current() === "dark" ? "light" : "dark");
    show();
  });
  system.addEventListener("change", show);
  show();
}
