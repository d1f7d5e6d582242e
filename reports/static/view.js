// The list of runs: asked for again and again, filtered here, and never redrawn where nothing changed.
const EVERY = 2000;
const WORDS = { running: "running", stopped: "stopped", waiting: "tables to make", decided: "ended early", done: "done", unreadable: "cannot be read" };

async function ask(path) {
  const answer = await fetch(path, { cache: "no-cache" });
  const content = await answer.json();
  if (!answer.ok) throw new Error(content.error);
  return content;
}

// The folder itself has no name in an address: a browser would take a "." out of it.
const addressOf = (id, ...parts) => `/run/${[id === "." ? "" : id, ...parts.flatMap((part) => part.split("/"))].map(encodeURIComponent).join("/")}`;

function lasting(seconds) {
  if (seconds === null || seconds === undefined) return "";
  if (Math.round(seconds) < 60) return `${Math.round(seconds)} s`;
  const minutes = Math.round(seconds / 60);
  return minutes < 60 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

class RunList {
  constructor(opened) {
    Object.assign(this, { runs: [], opened, chosen: [], shown: "" });
    this.body = document.querySelector(".runs tbody");
    this.words = document.querySelector(".filter-words");
    this.suite = document.querySelector(".filter-suite");
    this.state = document.querySelector(".filter-state");
    this.button = document.querySelector(".compare-button");
    for (const field of [this.words, this.suite, this.state]) field.addEventListener("input", () => this.show(true));
    this.button.addEventListener("click", () => { location.hash = `#pair/${this.chosen.map(encodeURIComponent).join("/")}`; });
  }

  async look() {
    const link = document.querySelector(".facts .link");
    try {
      this.runs = (await ask("/api/runs")).runs;
      link.textContent = "";
      this.show();
      this.opened();
    } catch (error) {
      link.textContent = error instanceof TypeError ? "the server is gone; start siebench view again" : error.message;
    }
  }

  find(id) { return this.runs.find((run) => run.id === id); }

  matching() {
    const wanted = this.words.value.trim().toLowerCase().split(/\s+/).filter(Boolean);
    return this.runs.filter((run) => {
      const text = [run.id, run.suite, run.title, run.commit, ...(run.methods ?? []), ...(run.tasks ?? [])].join("\n").toLowerCase();
      return wanted.every((word) => text.includes(word)) && (!this.suite.value || run.suite === this.suite.value) && (!this.state.value || run.state === this.state.value);
    }).sort((a, b) => (b.state === "running") - (a.state === "running") || (b.started ?? "").localeCompare(a.started ?? "") || a.id.localeCompare(b.id));
  }

  show(always = false) {
    const rows = this.matching();
    const now = JSON.stringify([rows, this.chosen, location.hash]);
    if (now === this.shown && !always) return;
    this.shown = now;
    this.options(this.suite, "all", [...new Set(this.runs.map((run) => run.suite).filter(Boolean))].sort().map((name) => [name, name]));
    this.options(this.state, "all", [...new Set(this.runs.map((run) => run.state))].map((state) => [state, WORDS[state]]));
    const focused = document.activeElement?.dataset?.key;
    this.body.replaceChildren(...rows.map((run) => this.row(run)));
    if (focused) this.body.querySelector(`[data-key="${CSS.escape(focused)}"]`)?.focus();
    const going = this.runs.filter((run) => run.state === "running").length;
    document.querySelector(".facts .count").textContent = `${rows.length === this.runs.length ? "" : `${rows.length} of `}${this.runs.length} run${this.runs.length === 1 ? "" : "s"}${going ? `, ${going} running` : ""}`;
    const none = document.querySelector(".no-runs");
    none.hidden = rows.length > 0;
    none.textContent = this.runs.length ? "No run matches." : "No run is here yet; siebench run SUITE --out a folder in here makes one.";
    this.button.disabled = this.chosen.length !== 2;
  }

  options(select, all, found) {
    const wanted = JSON.stringify(found);
    if (select.dataset.made === wanted) return;
    const value = select.value;
    select.dataset.made = wanted;
    select.replaceChildren(element("option", { value: "" }, all), ...found.map(([key, text]) => element("option", { value: key }, text)));
    select.value = found.some(([key]) => key === value) ? value : "";
  }

  row(run) {
    const here = location.hash === `#run/${encodeURIComponent(run.id)}`;
    if (run.problem) {
      return element("tr", { "data-run": run.id }, element("td"), element("th", { scope: "row", class: "where" }, run.id, element("span", { class: "under" }, run.problem)),
        element("td", { class: "text state" }, this.stateWord(run)), element("td"), element("td"), element("td"), element("td"));
    }
    const open = () => { location.hash = here ? "" : `#run/${encodeURIComponent(run.id)}`; };
    const name = element("button", { type: "button", class: "name", "data-key": `name ${run.id}`, "aria-expanded": String(here), onclick: open }, run.title);
    const under = [run.id === "." ? "" : run.id, run.suite, run.commit].filter(Boolean).join(" · ");
    const broken = [run.suspect ? `${run.suspect} suspect` : "", run.failed.length ? `${run.failed.length} did not run` : ""].filter(Boolean).join(", ");
    const report = element("a", { href: `${addressOf(run.id, "report")}/`, "data-key": `report ${run.id}` }, "Open");
    return element("tr", { "data-run": run.id, "aria-current": here ? "true" : null },
      element("td", {}, this.tick(run)),
      element("th", { scope: "row", class: "where" }, name, element("span", { class: "under" }, under), broken ? element("span", { class: "under suspect" }, broken) : null),
      element("td", { class: "text state" }, this.stateWord(run), ...this.progress(run)),
      element("td", { class: "text" }, this.began(run)),
      element("td", { title: run.methods.join(", ") }, String(run.methods.length)),
      element("td", {}, String(run.edits)),
      element("td", { class: "text" }, report));
  }

  tick(run) {
    const changed = (event) => {
      this.chosen = this.chosen.filter((id) => id !== run.id);
      if (event.target.checked) this.chosen = [...this.chosen, run.id].slice(-2);
      this.show(true);
    };
    const box = element("input", { type: "checkbox", "aria-label": `Choose ${run.title}, ${run.id}`, "data-key": `tick ${run.id}`, onchange: changed });
    box.checked = this.chosen.includes(run.id);
    return box;
  }

  stateWord(run) {
    return element("span", { class: "state-word", "data-state": run.state }, WORDS[run.state]);
  }

  progress(run) {
    if (run.of === undefined) return run.seconds ? [element("span", { class: "under" }, lasting(run.seconds))] : [];
    const left = run.left === null ? "" : `, ${lasting(run.left)} left`;
    return [element("progress", { max: run.of || 1, value: run.done, "aria-label": "How far the run is" }),
      element("span", { class: "under" }, `${run.done} of ${run.of}${left}`)];
  }

  began(run) {
    if (!run.started) return "";
    const when = new Date(run.started);
    const [month, day, hours, minutes] = [when.getMonth() + 1, when.getDate(), when.getHours(), when.getMinutes()].map((part) => String(part).padStart(2, "0"));
    return element("time", { datetime: run.started }, `${when.getFullYear()}-${month}-${day} ${hours}:${minutes}`);
  }
}
