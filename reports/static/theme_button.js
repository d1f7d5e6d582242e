// The button that goes through the themes: as the system, light, dark.
const THEMES = ["auto", "light", "dark"];

function setTheme(theme) {
  if (theme === "auto") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = theme;
  document.getElementById("page-theme").textContent = `Theme: ${theme}`;
  try { localStorage.setItem("siebench-theme", theme); } catch { /* no storage from disk */ }
}

function startTheme() {
  const now = () => document.documentElement.dataset.theme ?? "auto";
  document.getElementById("page-theme").addEventListener("click", () => setTheme(THEMES[(THEMES.indexOf(now()) + 1) % 3]));
  setTheme(now());
}
