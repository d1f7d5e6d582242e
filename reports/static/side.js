function numberText(value, signed = false) {
  if (value === null || value === undefined) return "—";
  const number = numberOf(value);
  const text = Number.isFinite(number) ? String(Number(number.toPrecision(4))) : String(number).replace("Infinity", "∞");
  return (signed && number > 0 ? "+" : "") + text.replace("-", "−");
}

// What a screen reader says when something is opened, or another edit shown: a line, and not the tables.
function say(text) {
  document.querySelector(".said").textContent = text;
}

// What is opened below the list: a run's scores, or two runs side by side.
class Detail {
  constructor(list) {
    this.list = list;
    this.place = document.querySelector(".detail");
    this.shown = "";
    this.said = "";  // of which address, or which problem
    this.looked = {};  // at which edit of which method, while runs that go on are drawn anew
  }

  // Called when the address or the list has changed; what has not changed is not drawn again.
  async look() {
    const asked = location.hash;
    const [kind, ...parts] = asked.slice(1).split("/");
    this.place.hidden = !["run", "pair"].includes(kind);
    if (this.place.hidden) { this.shown = this.said = ""; return; }
    try {
      const ids = parts.map(decodeURIComponent);
      const path = kind === "run" ? `/api/scores?run=${encodeURIComponent(ids[0])}` : `/api/pair?before=${encodeURIComponent(ids[0])}&after=${encodeURIComponent(ids[1] ?? "")}`;
      const found = await ask(path);
      if (location.hash !== asked) return;  // an answer that comes late is of another run
      const now = JSON.stringify([asked, found, ids.map((id) => this.list.find(id)?.title)]);
      if (now === this.shown) return;
      this.shown = now;
      redraw(this.place, ...(kind === "run" ? this.scores(ids[0], found) : this.pair(ids, found)));
      if (asked !== this.said) say(kind === "run" ? `Scores of ${this.titleOf(ids[0])}` : `Side by side: ${ids.map((id) => this.titleOf(id)).join(", ")}`);
      this.said = asked;
    } catch (error) {
      if (location.hash !== asked) return;
      if (this.said !== error.message) say(error.message);
      this.shown = "";
      this.said = error.message;
      this.place.replaceChildren(element("p", { class: "problem" }, error.message));
    }
  }

  titleOf(id) { return this.list.find(id)?.title ?? id; }

  scores(id, { so_far: soFar, tables }) {
    const report = element("a", { href: `${addressOf(id, "report")}/` }, "its report");
    const note = soFar ? element("p", { class: "so-far" }, "So far: means over the edits that are there, with 95 % intervals; nobody is ranked before the end.") : element("p", { class: "section-note" }, "95 % intervals; more in ", report, ".");
    const none = tables.length ? null : element("p", { class: "empty" }, "No scores yet.");
    return [element("h2", {}, this.titleOf(id)), note, ...(none ? [none] : []), ...tables.flatMap((table) => this.table(table))];
  }

  table({ title, n, columns, rows }) {
    const heads = columns.map((column) => element("th", { scope: "col" }, column.title, " ", element("span", { class: "arrow", "aria-hidden": "true" }, column.arrow), column.unit ? element("span", { class: "unit" }, column.unit) : null));
    const head = element("tr", {}, element("th", { scope: "col", class: "row-head" }, "Method"), ...heads);
    const lines = rows.map((row) => element("tr", {}, element("th", { scope: "row", class: "row-head" }, row.method, row.hidden ? this.peeks() : null), ...row.cells.map((cell) => this.cell(cell, n))));
    const table = element("table", { class: columns.length > 8 ? "scores crowded" : "scores" }, element("caption", { class: "sr" }, title), element("thead", {}, head), element("tbody", {}, ...lines));
    return [element("h3", {}, `${title}, n = ${n}`), element("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": title }, table)];
  }

  peeks() {
    return element("span", { class: "peeks", title: "Sees the hidden pixels; not ranked with the methods that do not" }, " ◐", element("span", { class: "sr" }, " sees the hidden pixels"));
  }

  cell({ text, interval, rank, n, reason, ranked_by: rankedBy }, most) {
    if (!text) return element("td", { class: "missing", title: reason || null }, "—");
    const rest = [interval, n === most ? "" : `n = ${n}`, rankedBy].filter(Boolean).map((line) => element("span", { class: "interval" }, line));
    return element("td", { class: `score${["", " best", " second"][rank]}` }, element("span", { class: "value" }, element("b", {}, text)), ...rest);
  }

  pair(ids, found) {
    const names = element("dl", { class: "pair-names" }, ...ids.flatMap((id, i) => [element("dt", {}, ["before", "after"][i]), element("dd", {}, element("a", { href: `${addressOf(id, "report")}/` }, this.titleOf(id)), ` ${id}`)]));
    const turn = element("button", { type: "button", class: "tool", onclick: () => { location.hash = `#pair/${[...ids].reverse().map(encodeURIComponent).join("/")}`; } }, "Swap");
    const problem = found.problem ? element("p", { class: "problem" }, `No differences: ${found.problem}.`) : element("p", { class: "section-note" }, "Differences are after minus before, paired, with 95 % intervals; verdicts are corrected over all scores (Holm).");
    const alone = found.alone.length ? [element("ul", { class: "reasons" }, ...found.alone.map((text) => element("li", {}, text)))] : [];
    const place = element("div");
    const titles = found.tasks.map((task) => [task.name, task.title]);
    const show = (name) => { this.task = name; place.replaceChildren(...this.pairTask(ids, found.tasks.find((task) => task.name === name))); };
    const first = titles.some(([name]) => name === this.task) ? this.task : titles[0][0];
    const tools = element("div", { class: "pair-tools" }, choice("Task", titles, first, show), turn);
    show(first);
    return [element("h2", {}, "Side by side"), names, problem, tools, place, ...alone];
  }

  pairTask(ids, task) {
    const head = element("tr", {}, ...["Score", "Method"].map((text) => element("th", { scope: "col", class: "text" }, text)), ...["Before", "After", "Difference", "Verdict"].map((text) => element("th", { scope: "col" }, text)));
    const lines = task.scores.map((one) => element("tr", {},
      element("th", { scope: "row", class: "text" }, `${one.score} ${one.arrow}${one.unit ? `, ${one.unit}` : ""}`), element("td", { class: "text" }, one.method),
      ...[one.before, one.after].map((value) => element("td", {}, numberText(value))),
      element("td", {}, numberText(one.difference, true), one.low === undefined ? null : element("span", { class: "interval" }, `${numberText(one.low, true)} – ${numberText(one.high, true)}`)),
      element("td", {}, element("span", { class: "verdict-word", "data-verdict": one.verdict ?? null }, one.verdict ?? "—"))));
    const table = element("table", { class: "plain pair-scores" }, element("caption", { class: "sr" }, `Scores of both runs, ${task.title}`), element("thead", {}, head), element("tbody", {}, ...lines));
    const images = task.methods.length && task.edits.length ? new PairImages(ids, task, this.looked).parts : [element("p", { class: "empty" }, "The runs have no edit with images of one method in common.")];
    return [element("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": "Scores of both runs" }, table), ...images];
  }
}

// Any edit of both runs: its input, both results, and what was there.
class PairImages {
  constructor(ids, task, looked) {
    Object.assign(this, { ids, task, looked });
    this.method = Math.max(0, task.methods.findIndex(({ after }) => after === looked.method));
    this.at = Math.max(0, this.order().findIndex(({ after }) => after === looked.edit));
    this.tools = element("div", { class: "pair-tools" });
    this.frame = element("div", { class: "pair-images" });
    this.parts = [element("h3", {}, "Edits, most changed first"), this.tools, this.frame];
    this.show();
  }

  order() {
    const change = ({ values }) => { const [old, now] = values[this.method].map(numberOf); return old === undefined || now === undefined || old === null || now === null ? -1 : Math.abs(now - old) || 0; };
    return [...this.task.edits].sort((a, b) => change(b) - change(a));
  }

  show() {
    const edits = this.order();
    const edit = edits[this.at];
    const step = (by) => () => { this.at = (this.at + by + edits.length) % edits.length; this.show(); say(`${edits[this.at].id}, ${this.at + 1} of ${edits.length}`); };
    redraw(this.tools,
      choice("Method", this.task.methods.map(({ title }, i) => [String(i), title]), String(this.method), (value) => { this.method = Number(value); this.at = 0; this.show(); }),
      choice("Edit", edits.map(({ id }, i) => [String(i), id]), String(this.at), (value) => { this.at = Number(value); this.show(); }),
      element("button", { type: "button", class: "tool", "aria-label": "Previous edit", onclick: step(-1) }, "←"),
      element("button", { type: "button", class: "tool", "aria-label": "Next edit", onclick: step(1) }, "→"),
      element("span", {}, `${this.at + 1} of ${edits.length}`),
    );
    const method = this.task.methods[this.method];
    Object.assign(this.looked, { method: method.after, edit: edit.after });
    const [old, now] = edit.values[this.method];
    const value = (number) => (number === null || number === undefined ? "" : `, ${this.task.value} ${numberText(number)}`);
    const file = (side, folder, name) => addressOf(this.ids[side], folder, name);
    this.frame.replaceChildren(
      this.figure(file(1, edit.after, "original.png"), "before the edit", file(1, edit.after, "original.png")),
      this.figure(file(0, method.before, `${edit.id}.png`), `run before${value(old)}`),
      this.figure(file(1, method.after, `${edit.id}.png`), `run after${value(now)}`),
      this.figure(file(1, edit.after, "mask.png"), "the mask"),
    );
  }

  figure(source, caption) {
    const image = element("img", { src: source, alt: caption });
    image.addEventListener("error", () => image.replaceWith(element("p", { class: "missing" }, "no image")));
    return element("figure", {}, image, element("figcaption", {}, caption));
  }
}
