// Scores of parts of the edits: a plot with intervals, and a table with the numbers behind it.
class Slices {
  constructor(place) {
    this.sets = parsed("page-data-of-slices");
    this.task = this.sets[0].task;
    this.frame = element("div", { class: "scatter-plot-frame" });
    this.legend = element("ul", { class: "scatter-key" });
    this.tools = element("div", { class: "scatter-tools" });
    this.table = element("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": "Scores of slices" });
    place.replaceChildren(this.tools, element("div", { class: "scatter-frame" }, this.frame, this.legend), this.table);
    this.show();
  }

  // What was chosen stays chosen where the next task has it too.
  pick() {
    const own = this.sets.filter(({ task }) => task === this.task);
    const set = own.find(({ by }) => by === this.by) ?? own[0];
    const score = set.scores.find(({ name }) => name === this.score) ?? set.scores.find(({ region }) => region === "mask") ?? set.scores[0];
    Object.assign(this, { by: set.by, score: score.name });
    return { own, set, score };
  }

  show() {
    const { own, set, score } = this.pick();
    const change = (field) => (value) => { this[field] = value; this.show(); };
    const tasks = [...new Map(this.sets.map(({ task, title }) => [task, title]))];
    redraw(this.tools,
      choice("Task", tasks, this.task, change("task")),
      choice("By", own.map(({ by }) => [by, by]), set.by, change("by")),
      choice("Score", set.scores.map(({ name, title }) => [name, title]), score.name, change("score")),
    );
    const rows = plotted(score.rows);
    this.legend.replaceChildren(...rows.map(({ method }) => element("li", {}, symbol(method), ` ${nameOf(method)}`)));
    this.frame.replaceChildren(this.plot(set, score, rows));
    this.table.replaceChildren(this.numbers(set, score));
  }

  title({ title, better, unit }) {
    return title + { higher: " ↑", lower: " ↓", neither: "" }[better] + (unit ? `, ${unit}` : "");
  }

  plot(set, score, rows) {
    const box = plotBox(this.frame);
    const cells = rows.flatMap(({ cells }) => cells).filter((cell) => cell?.value !== undefined);
    const up = scale(cells.flatMap(({ value, low, high }) => [low ?? value, high ?? value]), box.bottom, box.top);
    // A bin without edits is a gap on the axis and in the line.
    const places = set.places ?? set.slices.map((_, i) => i);
    const step = (box.right - box.left) / (places.at(-1) - places[0] + 1);
    const letters = Math.max(...set.slices.map((label) => label.length));
    const every = Math.ceil((letters * 7 + 8) / step);
    const at = (place) => box.left + (places[place] - places[0] + 0.5) * step;
    const across = { at, ticks: set.slices.map((label, place) => [place, place % every ? "" : label]) };
    const svg = drawn("svg", { class: "scatter-plot", viewBox: `0 0 ${box.wide} ${box.high}`, role: "img", "aria-label": `${score.title} by ${set.by}; the table below has the values` });
    svg.append(...axes(across, up, set.by, this.title(score), box));
    const apart = Math.min(9, (0.7 * step) / rows.length);
    for (const [number, row] of rows.entries()) {
      const points = this.points(row, (place) => at(place) + (number - (rows.length - 1) / 2) * apart, up);
      const joined = (i) => i && places[points[i].place] - places[points[i - 1].place] === 1;
      if (set.places) svg.append(drawn("path", { d: points.map(({ x, y }, i) => `${joined(i) ? "L" : "M"}${x.toFixed(1)} ${y.toFixed(1)}`).join(""), fill: "none", stroke: COLOURS[row.method % 8], "stroke-opacity": 0.45 }));
      svg.append(...points.flatMap((point) => this.mark(row.method, point, up)));
    }
    return svg;
  }

  points({ cells }, at, up) {
    return cells.flatMap((cell, place) => (cell?.value === undefined ? [] : [{ ...cell, place, x: at(place), y: up.at(cell.value) }]));
  }

  mark(method, { x, y, low, high }, up) {
    const sign = shape(method, { transform: `translate(${x.toFixed(1)} ${y.toFixed(1)})` });
    if (low === undefined) return [sign];
    return [drawn("line", { x1: x, x2: x, y1: up.at(low), y2: up.at(high), stroke: COLOURS[method % 8], "stroke-width": 1.5 }), sign];
  }

  numbers(set, score) {
    const heading = (text, extra = {}) => element("th", { scope: "col", ...extra }, text);
    const most = set.slices.map((_, at) => Math.max(0, ...score.rows.map(({ cells }) => cells[at]?.n ?? 0)));
    const head = element("tr", {}, heading(set.by, { class: "row-head" }), heading("n"), ...score.rows.map(({ method }) => heading(nameOf(method))));
    const rows = set.slices.map((label, at) => element("tr", {}, element("th", { scope: "row", class: "row-head" }, label), element("td", {}, String(most[at])), ...score.rows.map(({ cells }) => this.cell(cells[at], most[at]))));
    const caption = element("caption", {}, `${this.title(score)} by ${set.by}`);
    return element("table", { class: "scores sliced" }, caption, element("thead", {}, head), element("tbody", {}, ...rows));
  }

  cell(cell, most) {
    if (!cell) return element("td", { class: "missing" }, "—");
    const below = [cell.interval, cell.n === most ? null : `n = ${cell.n}`, cell.ranked_by].filter(Boolean);
    const rank = ["", " best", " second"][cell.rank ?? 0];
    return element("td", { class: `score${rank}` }, element("span", { class: "value" }, element("b", {}, cell.text)), ...below.map((text) => element("span", { class: "interval" }, text)));
  }
}
