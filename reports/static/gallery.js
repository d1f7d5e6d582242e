// The gallery of one task: a page of edits at a time, in an order that a reader chooses.
const PAGE = 12;
const galleries = new Map();

class Gallery {
  constructor(task, place) {
    Object.assign(this, { task, place, metric: firstMetric(task), by: "mean", order: "worst" });
    Object.assign(this, { region: "", status: "all", outlined: false, page: 0, ways: [] });
    this.list = element("div", { class: "edits" });
    this.count = element("span", { class: "count", "aria-live": "polite" });
    this.pager = element("nav", { class: "pager", "aria-label": "Pages of edits" });
    place.replaceChildren(this.tools(), this.list, this.pager);
    this.show();
  }

  tools() {
    const { task } = this;
    const change = (name, convert = (v) => v) => (value) => this.change({ [name]: convert(value) });
    const parts = [];
    if (task.metrics.length) {
      const order = choice("Order", [["worst", ""], ["best", ""], ["plan", "As drawn"]], this.order, change("order"));
      this.ways = [...order.querySelectorAll("option")].slice(0, 2);
      const methods = task.methods.map((index) => [String(index), run.methods[index].title]);
      parts.push(
        order,
        choice("by", task.metrics.map((m, i) => [String(i), m.title]), String(this.metric), change("metric", Number)),
        choice("of", [["mean", "all methods, mean"], ...methods], this.by, change("by")),
      );
    }
    const regions = [...new Set(task.regions.filter(Boolean))].sort();
    if (regions.length) parts.push(choice("Region", [["", "any"], ...regions.map((r) => [r, r])], "", change("region")));
    if (task.reasons.some((reasons) => Object.keys(reasons).length)) {
      parts.push(choice("Show", [["all", "all edits"], ["failed", "with failures"]], "all", change("status")));
    }
    parts.push(toggle("Outline", false, change("outlined")), this.count);
    return element("div", { class: "gallery-tools" }, ...parts);
  }

  change(settings) {
    Object.assign(this, settings, { page: 0 });
    this.show();
  }

  // Edit indices in the chosen order; an edit without a value comes last.
  indices() {
    const { task, metric, by } = this;
    const all = task.edits.map((_, index) => index).filter((index) => this.wanted(index));
    if (this.order === "plan" || !task.metrics.length) return all;
    const value = by === "mean" ? (i) => meanOf(task, metric, i) : (i) => valueOf(task, metric, Number(by), i);
    const values = new Map(all.map((index) => [index, value(index)]));
    const bestFirst = task.metrics[metric].better === "higher" ? -1 : 1;
    const sign = this.order === "best" ? bestFirst : -bestFirst;
    return all.sort((a, b) => compareKeys(values.get(a), values.get(b), sign) || a - b);
  }

  wanted(edit) {
    const { task } = this;
    if (run.embedded && !address(task, "original", edit)) return false;
    if (this.region && task.regions[edit] !== this.region) return false;
    return this.status === "all" || task.methods.some((method) => task.states[method][edit] === "f");
  }

  show() {
    this.shown = this.indices();
    const words = this.task.metrics[this.metric]?.better === "neither" ? ["Highest", "Lowest"] : ["Worst", "Best"];
    this.ways.forEach((way, at) => { way.textContent = `${words[at]} first`; });
    const start = this.page * PAGE;
    this.list.replaceChildren(...this.shown.slice(start, start + PAGE).map((edit) => this.row(edit)));
    const end = Math.min(start + PAGE, this.shown.length);
    this.count.textContent = this.shown.length ? `${start + 1}–${end} of ${this.shown.length} ${this.shown.length === 1 ? "edit" : "edits"}${run.embedded ? ` chosen from ${this.task.edits.length}` : ""}` : "no edits";
    redraw(this.pager, ...this.steps());
  }

  steps() {
    const pages = Math.ceil(this.shown.length / PAGE);
    if (pages < 2) return [];
    const step = (text, page) =>
      element("button", { type: "button", disabled: page < 0 || page >= pages, onclick: () => this.turn(page) }, text);
    return [step("Previous", this.page - 1), `Page ${this.page + 1} of ${pages}`, step("Next", this.page + 1)];
  }

  turn(page) {
    this.page = page;
    this.show();
    this.place.scrollIntoView();
  }

  row(edit) {
    const { task } = this;
    const classes = classNames(task, edit);
    const names = classes.length > 4 ? [...classes.slice(0, 4), `${classes.length - 4} more`] : classes;
    const facts = [task.regions[edit], task.coverage[edit] === null ? "" : `${percent(task.coverage[edit])} masked`, names.join(", ")];
    const head = element("p", { class: "edit-head" }, element("a", { href: linkTo(task, edit) }, task.edits[edit]),
      ...facts.filter(Boolean).map((fact) => element("span", {}, fact)));
    const tiles = kindsOf(task, edit).map((kind) => this.tile(kind, edit));
    return element("article", { class: "edit" }, head, element("div", { class: "tiles", style: `--count:${tiles.length}` }, ...tiles));
  }

  tile(kind, edit) {
    const { task } = this;
    const isMethod = typeof kind === "number";
    const value = isMethod && task.metrics.length ? printed(valueOf(task, this.metric, kind, edit)) : "";
    const caption = element("span", { class: "caption" }, element("span", { class: "who", title: nameOf(kind) }, nameOf(kind)),
      element("span", { class: "value" }, value));
    const box = element("span", { class: "image", style: ratio(task) }, ...layers(task, kind, edit, this.outlined));
    const name = `tile ${isMethod ? "method" : kind}${this.by === String(kind) ? " ordered" : ""}`;
    const open = () => { chosen.right = isMethod ? kind : chosen.right; location.hash = linkTo(task, edit); };
    return element("button", { type: "button", class: name, onclick: open }, box, caption);
  }
}

function galleryOf(slug) {
  if (!galleries.has(slug)) {
    const place = document.getElementById(slug)?.querySelector(".gallery");
    if (!place) return null;
    const task = taskData(slug);
    if (task.edits.length) galleries.set(slug, new Gallery(task, place));
    else place.replaceChildren(element("p", { class: "empty" }, "No edits yet."));
  }
  return galleries.get(slug) ?? null;
}
