// Two per-edit values against each other; a point opens its edit.
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
      return element("li", {}, element("label", {}, element("input", { type: "checkbox", checked: !this.hidden.has(method), onchange: flip }), symbol(method), nameOf(method)));
    }));
  }

  // Infinite values have no place in a plot, nor missing ones.
  points() {
    const { task } = this;
    return task.methods.filter((method) => !this.hidden.has(method)).flatMap((method) =>
      task.edits.map((_, edit) => ({ method, edit, x: valueOf(task, this.x, method, edit), y: valueOf(task, this.y, method, edit) }))
        .filter(({ x, y }) => Number.isFinite(x) && Number.isFinite(y)));
  }

  show() {
    const points = this.points().sort((a, b) => a.x - b.x);
    const box = plotBox(this.frame);
    const across = scale(points.map((p) => p.x), box.left, box.right);
    const up = scale(points.map((p) => p.y), box.bottom, box.top);
    const [nameX, nameY] = [this.axisName(this.x), this.axisName(this.y)];
    const svg = drawn("svg", { class: "scatter-plot", viewBox: `0 0 ${box.wide} ${box.high}`, role: "application", tabindex: "0",
      "aria-label": `Scatter of ${nameY} against ${nameX}, ${points.length} points; left and right arrows walk through them, Enter opens the edit` });
    svg.append(...axes(across, up, nameX, nameY, box));
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
    const path = shape(point.method, { class: "point", transform: `translate(${x.toFixed(1)} ${y.toFixed(1)})` });
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
