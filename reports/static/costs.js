// What a better score costs: each method's score with its interval over its time per edit.
class CostPlot {
  constructor(place) {
    this.tables = new Map([...document.querySelectorAll("section.task")].map((section) => [section.dataset.task, section.querySelector("table.scores")]));
    this.rows = [...document.querySelectorAll("#page-costs tbody tr")].filter((row) => Number(row.dataset.ms) > 0);
    const slugs = [...this.tables.keys()].filter((slug) => this.tables.get(slug) && this.rows.some((row) => row.dataset.task === slug));
    if (!slugs.length) return;
    this.slug = slugs[0];
    this.frame = element("div", { class: "scatter-plot-frame" });
    this.legend = element("ul", { class: "scatter-key" });
    this.tools = element("div", { class: "scatter-tools" });
    const titles = slugs.map((slug) => [slug, document.getElementById(`${slug}-title`).textContent]);
    const pick = (slug) => { this.slug = slug; this.show(); };
    this.tasks = choice("Task", titles, this.slug, pick);
    place.replaceChildren(this.tools, element("div", { class: "scatter-frame" }, this.frame, this.legend));
    this.show();
  }

  // The scores that some method has: [name, title, unit and direction].
  scores() {
    return headings(this.tables.get(this.slug)).filter((heading) => heading.dataset.title && this.cells(heading.dataset.column).size)
      .map((heading) => [heading.dataset.column, heading.dataset.title]);
  }

  cells(score) {
    const rows = [...this.tables.get(this.slug).tBodies[0].rows];
    return new Map(rows.map((row) => [row.dataset.name, row.querySelector(`[data-column="${CSS.escape(score)}"]`)])
      .filter(([, cell]) => Number.isFinite(Number(cell?.dataset.value ?? NaN))));
  }

  show() {
    const scores = this.scores();
    if (!scores.some(([name]) => name === this.score)) this.score = scores[0]?.[0];
    redraw(this.tools, this.tasks, choice("Score", scores, this.score ?? "", (name) => { this.score = name; this.show(); }));
    const cells = this.score ? this.cells(this.score) : new Map();
    const points = plotted(this.rows.filter((row) => row.dataset.task === this.slug && cells.has(row.dataset.name)).map((row) => this.point(row, cells.get(row.dataset.name))));
    this.legend.replaceChildren(...points.map(({ method, ms, value }) => element("li", {}, symbol(method), " ", element("bdi", {}, nameOf(method)), " ", element("span", { class: "share" }, `${printed(value)} in ${printed(ms)} ms`))));
    this.frame.replaceChildren(points.length ? this.plot(points, scores.find(([name]) => name === this.score)[1]) : element("p", { class: "empty" }, "No method has both a score and a time here."));
  }

  point(row, { dataset }) {
    const value = Number(dataset.value);
    const method = run.methods.findIndex(({ name }) => name === row.dataset.name);
    return { method, ms: Number(row.dataset.ms), value, low: Number(dataset.low ?? value), high: Number(dataset.high ?? value) };
  }

  plot(points, title) {
    const box = plotBox(this.frame);
    const across = logScale(points.map(({ ms }) => ms), box.left, box.right);
    const up = scale(points.flatMap(({ low, high }) => [low, high]), box.bottom, box.top);
    const svg = drawn("svg", { class: "scatter-plot", viewBox: `0 0 ${box.wide} ${box.high}`, role: "img", "aria-label": `${title} over the time per edit; the list beside it has the values` });
    svg.append(...axes(across, up, "Time per edit, ms (log scale)", title, box));
    for (const { method, ms, value, low, high } of points) {
      const x = across.at(ms);
      svg.append(drawn("line", { x1: x, x2: x, y1: up.at(low), y2: up.at(high), stroke: COLOURS[method % 8], "stroke-width": 1.5 }));
      svg.append(shape(method, { transform: `translate(${x.toFixed(1)} ${up.at(value).toFixed(1)}) scale(1.3)` }));
    }
    return svg;
  }
}
