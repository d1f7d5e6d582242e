// The classes' values of every method on one line each, so that 150 classes are seen at a glance.
const STRIP = { wide: 240, high: 18, edge: 8 };

function drawStrips(table) {
  const rows = [...table.tBodies[0].rows];
  const methods = headings(table).map((heading) => run.methods.findIndex(({ name }) => name === heading.dataset.name));
  const valuesOf = (row) => [...row.cells].flatMap((cell, at) => (methods[at] >= 0 && Number.isFinite(Number(cell.dataset.value ?? NaN)) ? [[methods[at], Number(cell.dataset.value)]] : []));
  const every = rows.flatMap(valuesOf).map(([, value]) => value);
  if (!every.length) return;
  const axis = scale(every, STRIP.edge, STRIP.wide - STRIP.edge);
  const svg = (...children) => drawn("svg", { width: STRIP.wide, height: STRIP.high, viewBox: `0 0 ${STRIP.wide} ${STRIP.high}`, "aria-hidden": "true" }, ...children);
  const middle = STRIP.high / 2;
  const ends = [axis.ticks[0], axis.ticks[axis.ticks.length - 1]];
  table.querySelector("th.strips").replaceChildren(element("span", { class: "ends" }, ...ends.map(([, text]) => element("span", {}, text))));
  for (const row of rows) {
    const lines = axis.ticks.map(([value]) => drawn("line", { class: "grid", x1: axis.at(value), x2: axis.at(value), y1: 0, y2: STRIP.high }));
    const marks = valuesOf(row).map(([method, value]) => shape(method, { transform: `translate(${axis.at(value).toFixed(1)} ${middle}) scale(0.9)`, "fill-opacity": 0.75 }));
    row.querySelector("td.strips").replaceChildren(svg(...lines, ...marks));
  }
  for (const [at, heading] of headings(table).entries()) {
    if (methods[at] >= 0) heading.querySelector(".key-place").replaceChildren(symbol(methods[at]));
  }
}
