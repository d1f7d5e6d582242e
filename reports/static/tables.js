// Tables that sort and filter. A click sorts best first, another turns the order; missing stays last.
// A row of groups may stand above the headings.
const headings = (table) => [...table.tHead.rows[table.tHead.rows.length - 1].cells];

function makeSortable(table) {
  for (const [index, heading] of headings(table).entries()) {
    heading.querySelector("button")?.addEventListener("click", () => sortBy(table, heading, index));
  }
}

function sortBy(table, heading, index) {
  const first = heading.dataset.better === "higher" ? "descending" : "ascending";
  const second = first === "ascending" ? "descending" : "ascending";
  const order = heading.getAttribute("aria-sort") === first ? second : first;
  for (const other of headings(table)) other.removeAttribute("aria-sort");
  heading.setAttribute("aria-sort", order);
  const body = table.tBodies[0];
  const sign = order === "ascending" ? 1 : -1;
  const key = (row) => sortKey(row.cells[index], heading.dataset.better === "name");
  body.append(...[...body.rows].sort((a, b) => compareKeys(key(a), key(b), sign)));
}

function sortKey(cell, byName) {
  if (byName) return cell.textContent.trim().toLowerCase();
  if (cell.dataset.value === undefined) return null;
  return Number(numberOf(cell.dataset.value));
}

function compareKeys(a, b, sign) {
  if (a === null || b === null) return (a === null) - (b === null);
  return sign * (a < b ? -1 : a > b ? 1 : 0);
}

// Scores that a reader hides are hidden in the section's first table, not in those of its classes.
function makeScoreMenu(section) {
  const menu = section.querySelector(".score-menu");
  if (!menu) return;
  const table = section.querySelector("table.scores, table.winners");
  const label = menu.querySelector("summary");
  const show = () => {
    spanGroups(table);
    const hidden = menu.querySelectorAll("input:not(:checked)").length;
    label.textContent = hidden ? `Scores (${hidden} hidden)` : "Scores";
  };
  menu.addEventListener("change", ({ target }) => {
    const name = CSS.escape(target.dataset.toggle);
    for (const cell of table.querySelectorAll(`[data-column="${name}"]`)) cell.hidden = !target.checked;
    show();
  });
  document.addEventListener("click", (event) => { if (!menu.contains(event.target)) menu.open = false; });
  show();
}

// A group's heading spans what is shown of it.
function spanGroups(table) {
  let columns = headings(table).filter((heading) => heading.dataset.column !== undefined);
  for (const group of table.querySelectorAll("th.group")) {
    group.dataset.span ??= group.colSpan;
    const shown = columns.slice(0, group.dataset.span).filter((heading) => !heading.hidden).length;
    columns = columns.slice(group.dataset.span);
    group.hidden = !shown;
    group.colSpan = shown || 1;
  }
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
