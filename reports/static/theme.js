// Runs before the first paint, so that a chosen theme does not flash. A page opened from disk may
// have no storage at all; then the system's theme stands.
(() => {
  let theme = null;
  try { theme = localStorage.getItem("siebench-theme"); } catch { /* no storage from disk */ }
  if (theme === "light" || theme === "dark") document.documentElement.dataset.theme = theme;
})();
