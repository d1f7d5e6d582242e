// What a rater sees: each function fills the page and says by a promise what was done.

const page = document.getElementById("page");

export function element(tag, attributes = {}, ...inside) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) made.addEventListener(name.slice(2), value);
    else if (value === true) made.setAttribute(name, "");
    else if (value !== false && value !== null) made.setAttribute(name, value);
  }
  made.append(...inside.filter((part) => part !== null));
  return made;
}

function show(name, ...parts) {
  document.body.dataset.screen = name;
  page.replaceChildren(...parts.filter((part) => part !== null));
  scrollTo(0, 0);
  // The heading has the focus, so that it is read aloud and Tab goes on from it.
  page.querySelector("h1")?.focus({ preventScroll: true });
}

const heading = (text) => element("h1", { tabindex: "-1" }, text);

// The start. Gives the rater's name; `wrong` says what is wrong with the one given before.
export function welcome(texts, rater, { fixed, resumes, wrong = "" }) {
  return new Promise((given) => {
    const field = element("input", {
      id: "rater", value: rater, autocomplete: "off", autocapitalize: "off", spellcheck: "false", maxlength: "64", required: true,
      "aria-describedby": wrong ? "rater-hint rater-wrong" : "rater-hint", "aria-invalid": wrong ? "true" : null,
    });
    const asks = element("p", { class: "field" }, element("label", { for: "rater" }, texts.rater), field,
      element("span", { id: "rater-hint", class: "soft" }, texts.rater_hint),
      wrong ? element("span", { id: "rater-wrong", class: "wrong", role: "alert" }, wrong) : null);
    const form = element("form", { class: "card", novalidate: true, onsubmit: (event) => { event.preventDefault(); given(field.value.trim()); } },
      heading(texts.title), element("p", {}, texts.intro), element("p", { class: "asked" }, texts.question),
      fixed && !wrong ? null : asks, element("button", { class: "main" }, resumes ? texts.resume : texts.start));
    show("welcome", form);
    if (wrong) field.focus();
  });
}

const LOADED = new Map();

// An image element, ready to be shown; the same one for the same name until it was shown.
export function load(name) {
  if (!LOADED.has(name)) {
    const image = new Image();
    image.src = `images/${name}.png`;
    const ready = image.decode().then(() => image);
    ready.catch(() => LOADED.delete(name));
    LOADED.set(name, ready);
  }
  return LOADED.get(name);
}

export const namesOf = (screen) => [...screen.images, ...[screen.region, screen.before].filter((name) => name !== null)];

// A figure with an image, and the region over it where there is one.
function figure(image, text, label, region, attributes = {}) {
  const shown = image.cloneNode();
  shown.alt = label;
  const overlay = region?.cloneNode() ?? null;
  overlay?.classList.add("region");
  overlay?.setAttribute("alt", "");
  return element("figure", attributes, element("div", { class: "frame" }, shown, overlay), element("figcaption", {}, text));
}

// One question. Gives {choice, ms} once it is answered.
export async function question(manifest, screen, choices, done, all) {
  const { texts } = manifest;
  const head = [heading(texts.question), progress(texts, done, all)];
  document.body.classList.remove("shows-region");
  const waiting = setTimeout(() => show("loading", ...head, element("p", { class: "soft" }, texts.loading)), 150);
  const images = await allLoaded(texts, head, namesOf(screen), waiting);
  return new Promise((given) => {
    const asked = new Asked(manifest, screen, choices, images, (answer) => {
      for (const name of namesOf(screen)) LOADED.delete(name);
      given(answer);
    });
    show("coming", ...head, ...asked.parts);
    asked.start();
  });
}

async function allLoaded(texts, head, names, waiting) {
  for (;;) {
    try {
      const images = await Promise.all(names.map(load));
      clearTimeout(waiting);
      return new Map(names.map((name, i) => [name, images[i]]));
    } catch {
      clearTimeout(waiting);
      await new Promise((again) => show("failed", ...head, element("p", { role: "alert" }, texts.image_failed),
        element("button", { class: "main", onclick: again }, texts.retry)));
    }
  }
}

function progress(texts, done, all) {
  const says = texts.progress.replace("{done}", done + 1).replace("{all}", all);
  return element("div", { class: "progress" },
    element("progress", { max: String(all), value: String(done), "aria-label": says }), element("span", {}, says));
}

class Asked {
  constructor(manifest, screen, choices, images, given) {
    this.manifest = manifest;
    this.given = given;
    this.shownAt = null;
    this.timed = manifest.form === "timed" && manifest.seconds > 0;
    this.choices = choices;
    const region = screen.region === null ? null : images.get(screen.region);
    this.buttons = choices.map((choice) => this.#button(choice));
    this.parts = [this.#images(screen, images, region), element("div", { class: `answers ${manifest.form}` }, ...this.buttons),
      region === null ? null : this.#regionSwitch(), this.#keys()];
    this.onKey = (event) => this.#key(event);
  }

  start() {
    document.addEventListener("keydown", this.onKey);
    // A tab in the background draws nothing: the question is asked when it is seen.
    requestAnimationFrame(() => {
      document.body.dataset.screen = "question";
      if (!this.timed) this.shownAt = performance.now();
    });
  }

  #images(screen, images, region) {
    const { texts, form } = this.manifest;
    const letters = form === "pair" || form === "pick";
    const before = screen.before === null ? null
      : figure(images.get(screen.before), texts.before, texts.before, region, { class: "before" });
    const judged = screen.images.map((name, at) => {
      const label = letters ? "ABCDEFGH"[at] : "";
      const attributes = letters ? { class: "judged", onclick: () => this.#answer(label) } : { class: "judged" };
      return figure(images.get(name), label, `${texts.image} ${label}`.trim(), region, attributes);
    });
    const row = element("div", { class: "images", "data-count": String(judged.length) }, before, ...judged);
    if (this.timed) {
      row.classList.add("hidden");
      const start = element("button", { class: "main reveal", onclick: () => this.#reveal(row, start) }, texts.show);
      row.append(start);
    }
    return row;
  }

  #reveal(row, start) {
    start.remove();
    row.classList.remove("hidden");
    requestAnimationFrame(() => {
      this.shownAt = performance.now();
      for (const button of this.buttons) button.disabled = false;
      this.buttons[0].focus({ preventScroll: true });
      setTimeout(() => row.classList.add("hidden"), this.manifest.seconds * 1000);
    });
  }

  #button(choice) {
    const { texts } = this.manifest;
    const words = { tie: texts.answer_tie, real: texts.answer_real, edited: texts.answer_edited }[choice]
      ?? (this.manifest.form === "opinion" ? texts[`grade_${choice}`] : choice);
    const number = this.manifest.form === "opinion" ? element("b", {}, choice) : null;
    return element("button", { "data-choice": choice, disabled: this.timed, "aria-keyshortcuts": this.#shortcut(choice),
      onclick: () => this.#answer(choice) }, number, element("span", {}, words));
  }

  // The number that a choice has as its key; letters and arrows do besides.
  #shortcut(choice) {
    if (choice === "tie") return "0";
    const place = this.choices.filter((one) => one !== "tie").indexOf(choice);
    return this.manifest.form === "opinion" ? choice : String(place + 1);
  }

  #regionSwitch() {
    const button = element("button", { class: "switch", "aria-pressed": "false", "aria-keyshortcuts": "M", onclick: () => {
      const on = document.body.classList.toggle("shows-region");
      button.setAttribute("aria-pressed", String(on));
    } }, this.manifest.texts.region);
    this.region = button;
    return button;
  }

  #keys() {
    const two = this.choices.filter((one) => one !== "tie").length === 2;
    const keys = this.choices.map((choice) => this.#shortcut(choice)).filter((key) => key !== "0");
    const shown = two ? ["←", "→"] : keys;
    if (this.choices.includes("tie")) shown.push("↓");
    if (this.region) shown.push("M");
    return element("p", { class: "keys soft" }, this.manifest.texts.keys, " ", ...shown.map((key) => element("kbd", {}, key)));
  }

  #key(event) {
    // Enter still held on "Show the image" must not answer by the button that has the focus next.
    if (event.repeat && event.key === "Enter") event.preventDefault();
    if (event.repeat || event.ctrlKey || event.metaKey || event.altKey) return;
    const rest = this.choices.filter((choice) => choice !== "tie");
    const key = event.key.toUpperCase();
    if (key === "M") { this.region?.click(); return; }
    let choice = null;
    if (rest.length === 2 && (key === "ARROWLEFT" || key === "ARROWRIGHT")) choice = rest[key === "ARROWLEFT" ? 0 : 1];
    else if ((key === "ARROWDOWN" || key === "0") && this.choices.includes("tie")) choice = "tie";
    else if (/^[1-8]$/.test(key)) choice = rest[Number(key) - 1] ?? null;
    else if (/^[A-H]$/.test(key) && rest.includes(key)) choice = key;
    if (choice === null) return;
    event.preventDefault();
    this.#answer(choice);
  }

  // An answer counts only once the images were to be seen, and only once.
  #answer(choice) {
    if (this.shownAt === null) return;
    const ms = Math.round(performance.now() - this.shownAt);
    this.shownAt = null;
    document.removeEventListener("keydown", this.onKey);
    this.given({ choice, ms });
  }
}

// After the last question. Gives the comment.
export function comment(texts) {
  return new Promise((given) => {
    const field = element("textarea", { id: "comment", rows: "4", maxlength: "2000" });
    show("comment", element("form", { class: "card", onsubmit: (event) => { event.preventDefault(); given(field.value); } },
      heading(texts.end), element("p", { class: "field" }, element("label", { for: "comment" }, texts.comment), field),
      element("button", { class: "main" }, texts.finish)));
  });
}

// The end. `state` is "stored", "sending", "failed" or "download".
export function goodbye(texts, state, code, download) {
  const parts = [heading(texts.end), element("p", { role: "status" }, texts[`end_${state}`])];
  if (state !== "stored") {
    parts.push(element("button", { class: state === "sending" ? "" : "main", onclick: download }, texts.download));
  }
  if (code) parts.push(element("p", { class: "field" }, element("span", {}, texts.code), element("output", { class: "code" }, code)));
  show("end", element("section", { class: "card" }, ...parts));
}

export function trouble(text) {
  show("trouble", element("p", { class: "card", role: "alert" }, text));
}
