// Tables that sort and filter. A click sorts best first, another turns the order; missing stays last.
function makeSortable(table) {
  for (const [index, heading] of [...table.tHead.rows[0].cells].entries()) {
    heading.querySelector("button")?.addEventListener("click", () => sortBy(table, heading, index));
  }
}

function sortBy(table, heading, index) {
  const first = heading.dataset.better === "higher" ? "descending" : "ascending";
  const second = first === "ascending" ? "descending" : "ascending";
  const order = heading.getAttribute("aria-sort") === first ? second : first;
  for (const other of table.tHead.rows[0].cells) other.removeAttribute("aria-sort");
  heading.setAttribute("aria-sort", order);
  const body = table.tBodies[0];
  const sign = order === "ascending" ? 1 : -1;
  const key = (row) => sortKey(row.cells[index], heading.dataset.better === "name");
  body.append(...[...body.rows].sort((a, b) => compareKeys(key(a), key(b), sign)));
}

function sortKey(cell, byName) {
  if (byName) return cell.textContent.trim().toLowerCase();
  if (cell.dataset.value === undefined) return null;
  return { inf: Infinity, "-inf": -Infinity }[cell.dataset.value] ?? Number(cell.dataset.value);
}

function compareKeys(a, b, sign) {
  if (a === null || b === null) return (a === null) - (b === null);
  return sign * (a < b ? -1 : a > b ? 1 : 0);
}

// Scores that a reader hides are hidden in the task's own table, not in those of its classes.
function makeScoreMenu(section) {
  const menu = section.querySelector(".score-menu");
  menu?.addEventListener("change", ({ target }) => {
    const name = CSS.escape(target.dataset.toggle);
    const table = section.querySelector("table.scores");
    for (const cell of table.querySelectorAll(`[data-column="${name}"]`)) cell.hidden = !target.checked;
  });
  document.addEventListener("click", (event) => { if (menu && !menu.contains(event.target)) menu.open = false; });
}

function makeFilter(section) {
  const field = section.querySelector(".filter-methods");
  field?.addEventListener("input", () => {
    const wanted = field.value.trim().toLowerCase();
    for (const row of section.querySelectorAll("tr[data-method]")) {
      row.hidden = !row.dataset.method.toLowerCase().includes(wanted);
    }
  });
}
