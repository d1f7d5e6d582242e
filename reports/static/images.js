// Images by what they show: "input", "target", "original", "truth", or a method's index.
function address(task, kind, edit) {
  const id = encodeURIComponent(task.edits[edit]);
  if (kind === "target" && task.wide) return found(`maps/${task.slug}/${id}.png`, "");
  if (typeof kind === "number") return found(`${run.predictions}/${task.slug}/${run.methods[kind].slug}/${id}.png`);
  return found(`${run.edits}/${task.slug}/${id}/${kind === "input" ? "original" : kind}.png`);
}

function found(path, root = `${run.root}/`) {
  if (run.embedded) return run.embedded[decodeURIComponent(path)] ?? null;
  return `${root}${path}`;
}

function nameOf(kind) {
  if (typeof kind === "number") return run.methods[kind].title + (run.methods[kind].hidden ? " ◐" : "");
  return { input: "Input", target: "Target map", original: "Original", truth: "Ground truth" }[kind];
}

function describe(task, kind, edit) {
  const facts = [task.coverage[edit] !== null && `${percent(task.coverage[edit])} of it`, task.regions[edit] && `region ${task.regions[edit]}`].filter(Boolean);
  const share = facts.length ? ` (${facts.join(", ")})` : "";
  const what = {
    input: `image without the masked region${share}`,
    target: `target label map: ${classNames(task, edit).join(", ") || "no class"} in the masked region`,
    original: "the image before the edit",
    truth: "the ground truth",
  }[kind];
  return `${what ?? `result of ${run.methods[kind].title}`}, edit ${task.edits[edit]}`;
}

const classNames = (task, edit) => task.inside[edit].map((index) => task.classes[index][0]);

function kindsOf(task, edit) {
  const truth = task.truth[edit] === "1" ? ["truth"] : [];
  return ["input", "target", ...task.methods, ...truth, "original"];
}

// Layers of one image, to fill a positioned box: the image, and over it the masked region or its outline.
function layers(task, kind, edit, outlined, loading = "lazy") {
  const state = typeof kind === "number" ? task.states[kind][edit] : "o";
  if (state !== "o") return [absent(task, kind, edit, state)];
  const source = address(task, kind, edit);
  if (source === null) return [element("span", { class: "no-image" }, "not in this file")];
  const image = (src, alt, name) => element("img", { src, alt, class: name, loading, decoding: "async", draggable: "false" });
  const all = [image(source, describe(task, kind, edit), kind === "target" ? "map" : "")];
  const over = kind === "input" ? "masked" : outlined ? "outline" : null;
  const mask = over && address(task, "mask", edit);
  if (mask) all.push(image(mask, "", over));
  return all;
}

function absent(task, method, edit, state) {
  if (state === "f") return element("span", { class: "no-image failed" }, `failed: ${task.reasons[method][edit]}`);
  return element("span", { class: "no-image" }, state === "n" ? "image not kept" : "not run");
}

const ratio = (task) => (task.size ? `aspect-ratio:${task.size[1]}/${task.size[0]}` : "aspect-ratio:1");
