// Two per-edit values against each other; a point opens its edit. Colours are Okabe and Ito's, and
// every method has a shape of its own, so that none depends on colour.
const COLOURS = ["#0072b2", "#e69f00", "#009e73", "#d55e00", "#cc79a7", "#56b4e9", "#8a7a00", "#7f7f7f"];
const SHAPES = [
  "M0-4.5A4.5 4.5 0 1 1 0 4.5A4.5 4.5 0 1 1 0-4.5Z", "M-4-4H4V4H-4Z", "M0-5L5 4H-5Z", "M0-5.5L5.5 0L0 5.5L-5.5 0Z",
  "M0 5L5-4H-5Z", "M-1.6-5H1.6V-1.6H5V1.6H1.6V5H-1.6V1.6H-5V-1.6H-1.6Z", "M0-5.5L1.6-1.7L5.5-1.7L2.4.8L3.6 4.8L0 2.4L-3.6 4.8L-2.4.8L-5.5-1.7L-1.6-1.7Z", "M-5-2.5H5V2.5H-5Z",
];
const [WIDE, HIGH, LEFT, BOTTOM, PAD] = [860, 480, 64, 44, 14];

class Scatter {
  constructor(task, place) {
    const peeking = task.methods.filter((method) => run.methods[method].hidden);
    const hidden = new Set(peeking.length < task.methods.length ? peeking : []);
    Object.assign(this, { task, ...firstPair(task), hidden, at: -1 });
    const choices = task.metrics.map((m, i) => [String(i), m.title]);
    const pick = (axis) => (value) => { this[axis] = Number(value); this.show(); };
    this.frame = element("div", { class: "scatter-plot-frame" });
    this.note = element("p", { class: "scatter-note", "aria-live": "polite" });
    const tools = element("div", { class: "scatter-tools" }, choice("Across", choices, String(this.x), pick("x")), choice("Up", choices, String(this.y), pick("y")));
    const left = element("div", {}, this.frame, this.note);
    place.replaceChildren(tools, element("div", { class: "scatter-frame" }, left, this.key()));
    this.show();
  }

  key() {
    return element("ul", { class: "scatter-key" }, ...this.task.methods.map((method) => {
      const flip = (event) => { this.hidden[event.target.checked ? "delete" : "add"](method); this.show(); };
      const sign = drawn("svg", { width: 14, height: 14, viewBox: "-7 -7 14 14", "aria-hidden": "true" }, drawn("path", { d: SHAPES[method % 8], fill: COLOURS[method % 8] }));
      return element("li", {}, element("label", {}, element("input", { type: "checkbox", checked: !this.hidden.has(method), onchange: flip }), sign, nameOf(method)));
    }));
  }

  // Infinite values (999) have no place in a plot.
  points() {
    const { task } = this;
    return task.methods.filter((method) => !this.hidden.has(method)).flatMap((method) =>
      task.edits.map((_, edit) => ({ method, edit, x: valueOf(task, this.x, method, edit), y: valueOf(task, this.y, method, edit) }))
        .filter(({ x, y }) => x !== null && y !== null && Math.abs(x) !== 999 && Math.abs(y) !== 999));
  }

  show() {
    const points = this.points().sort((a, b) => a.x - b.x);
    const across = scale(points.map((p) => p.x), LEFT, WIDE - PAD);
    const up = scale(points.map((p) => p.y), HIGH - BOTTOM, PAD);
    const [nameX, nameY] = [this.axisName(this.x), this.axisName(this.y)];
    const svg = drawn("svg", { class: "scatter-plot", viewBox: `0 0 ${WIDE} ${HIGH}`, role: "application", tabindex: "0",
      "aria-label": `Scatter of ${nameY} against ${nameX}, ${points.length} points; left and right arrows walk through them, Enter opens the edit` });
    svg.append(...axes(across, up, nameX, nameY));
    this.marks = points.map((point) => this.mark(point, across.at(point.x), up.at(point.y)));
    svg.append(...this.marks);
    this.drawn = points;
    this.at = -1;
    svg.addEventListener("keydown", (event) => this.walk(event));
    this.frame.replaceChildren(svg);
    this.note.textContent = points.length ? "A point opens its edit." : "No edit has both values.";
  }

  axisName(index) {
    const metric = this.task.metrics[index];
    const arrow = { higher: " ↑", lower: " ↓", neither: "" }[metric.better];
    return metric.title + arrow + (metric.unit ? `, ${metric.unit}` : "");
  }

  mark(point, x, y) {
    const path = drawn("path", { class: "point", d: SHAPES[point.method % 8], fill: COLOURS[point.method % 8], stroke: COLOURS[point.method % 8], transform: `translate(${x.toFixed(1)} ${y.toFixed(1)})` });
    path.addEventListener("click", () => this.open(point));
    path.addEventListener("pointerenter", () => this.say(point));
    return path;
  }

  say({ method, edit, x, y }) {
    this.note.textContent = `${run.methods[method].title}, ${this.task.edits[edit]}: ${this.task.metrics[this.x].title} ${printed(x)}, ${this.task.metrics[this.y].title} ${printed(y)}`;
  }

  open({ method, edit }) {
    chosen.right = method;
    location.hash = linkTo(this.task, edit);
  }

  walk(event) {
    if (event.key === "Enter" && this.at >= 0) return this.open(this.drawn[this.at]);
    const by = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!by || !this.drawn.length) return;
    event.preventDefault();
    this.marks[this.at]?.classList.remove("current");
    this.at = (this.at + by + this.drawn.length) % this.drawn.length;
    this.marks[this.at].classList.add("current");
    this.say(this.drawn[this.at]);
  }
}

// Two scores that judge differently: the gallery's first, against one where the other way is better.
function firstPair(task) {
  const x = firstMetric(task);
  const other = task.metrics.findLastIndex(({ better }) => better !== "neither" && better !== task.metrics[x].better);
  return { x, y: other < 0 ? (x + 1) % task.metrics.length : other };
}

// A linear scale over round numbers: where a value lies, and its ticks.
function scale(values, from, to) {
  let [low, high] = values.length ? [Math.min(...values), Math.max(...values)] : [0, 1];
  if (low === high) [low, high] = [low - 0.5, high + 0.5];
  const rough = (high - low) / 5;
  const power = 10 ** Math.floor(Math.log10(rough));
  const unit = [1, 2, 5, 10].find((m) => m * power >= rough) * power;
  const [start, end] = [Math.floor(low / unit), Math.ceil(high / unit)];
  const at = (value) => from + ((value / unit - start) / (end - start)) * (to - from);
  const decimals = Math.max(0, -Math.floor(Math.log10(unit) + 1e-9));
  const ticks = Array.from({ length: end - start + 1 }, (_, i) => [(start + i) * unit, ((start + i) * unit).toFixed(decimals)]);
  return { at, ticks };
}

function axes(across, up, nameX, nameY) {
  const [top, bottom, right] = [PAD, HIGH - BOTTOM, WIDE - PAD];
  const lines = [];
  for (const [value, text] of across.ticks) {
    const x = across.at(value);
    lines.push(drawn("line", { class: "grid", x1: x, x2: x, y1: top, y2: bottom }), drawn("text", { x, y: bottom + 17, "text-anchor": "middle" }, text));
  }
  for (const [value, text] of up.ticks) {
    const y = up.at(value);
    lines.push(drawn("line", { class: "grid", x1: LEFT, x2: right, y1: y, y2: y }), drawn("text", { x: LEFT - 8, y: y + 4, "text-anchor": "end" }, text));
  }
  lines.push(drawn("line", { class: "axis", x1: LEFT, x2: right, y1: bottom, y2: bottom }));
  lines.push(drawn("text", { x: (LEFT + right) / 2, y: HIGH - 6, "text-anchor": "middle" }, nameX));
  lines.push(drawn("text", { transform: `translate(14 ${(top + bottom) / 2}) rotate(-90)`, "text-anchor": "middle" }, nameY));
  return lines;
}
