// The viewer: one edit, any two of its images side by side, and the values of every method.
const viewer = document.getElementById("page-viewer");
const part = (selector) => viewer.querySelector(selector);
const chosen = { left: "original", right: null, outline: false };
let current = null;

function openEdit(slug, id) {
  const task = taskData(slug);
  const edit = task?.position.get(id);
  if (edit === undefined) return closeViewer();
  current = { task, edit };
  if (!viewer.open) viewer.showModal();
  stage.zoom = 1;
  showEdit();
}

function closeViewer() {
  current = null;
  if (viewer.open) viewer.close();
}

// Closing leaves the address of the task, without a new entry in the history.
function leaveEdit() {
  if (!current) return;
  const { slug } = current.task;
  closeViewer();
  history.replaceState(null, "", `#${slug}`);
}

function showEdit() {
  const { task, edit } = current;
  const kinds = kindsOf(task, edit);
  if (!kinds.includes(chosen.left)) chosen.left = "original";
  if (!kinds.includes(chosen.right)) chosen.right = task.fair[0] ?? "target";
  part("#page-viewer-title").textContent = task.edits[edit];
  part(".viewer-task").textContent = task.title;
  const facts = [task.regions[edit] && `Region: ${task.regions[edit]}`, task.coverage[edit] !== null && `${percent(task.coverage[edit])} masked`, `scene ${task.scenes[edit]}`,
    task.without_truth[edit] && `no ground truth: ${task.without_truth[edit]}`];
  part(".viewer-facts").textContent = facts.filter(Boolean).join(" · ");
  part(".pick").replaceChildren(...pickTable(task, edit, kinds));
  part(".viewer-legend").replaceChildren(...task.inside[edit].slice(0, 24).map((index) => legendItem(task.classes[index])));
  showPlace();
  showPair();
}

function showPair() {
  const { task, edit } = current;
  const mask = chosen.outline ? layers(task, "original", edit, true, "eager").slice(1) : [];
  showOnStage(task.size ?? [1, 1], layers(task, chosen.left, edit, false, "eager"), layers(task, chosen.right, edit, false, "eager"), mask);
  part(".stage-label.left").textContent = nameOf(chosen.left);
  part(".stage-label.right").textContent = nameOf(chosen.right);
  part(".show-outline").checked = chosen.outline;
}

function pickTable(task, edit, kinds) {
  const heads = ["Image", "Left", "Right", ...task.metrics.map((m) => m.title)];
  const head = element("thead", {}, element("tr", {}, ...heads.map((text, i) =>
    element("th", { scope: "col", class: i === 1 || i === 2 ? "choice" : i ? "" : "row-head" }, text))));
  const best = task.metrics.map((metric, index) => bestOf(task, metric, index, edit));
  return [head, element("tbody", {}, ...kinds.map((kind) => pickRow(task, edit, kind, best)))];
}

function pickRow(task, edit, kind, best) {
  const radio = (side) => element("td", { class: "choice" }, element("input", {
    type: "radio", name: `page-${side}`, "aria-label": `${nameOf(kind)} on the ${side}`, checked: chosen[side] === kind,
    onchange: () => { chosen[side] = kind; showPair(); },
  }));
  const head = element("th", { scope: "row", class: "row-head" }, nameOf(kind));
  const cells = typeof kind === "number" ? valueCells(task, edit, kind, best) : task.metrics.map(() => element("td"));
  return element("tr", {}, head, radio("left"), radio("right"), ...cells);
}

function valueCells(task, edit, method, best) {
  if (task.states[method][edit] === "f") {
    return [element("td", { class: "failed", colspan: Math.max(1, task.metrics.length) }, task.reasons[method][edit])];
  }
  return task.metrics.map((_, index) => {
    const value = valueOf(task, index, method, edit);
    const isBest = value !== null && value === best[index];
    return element("td", {}, isBest ? element("b", {}, `● ${printed(value)}`) : printed(value) || "—");
  });
}

// The best value of an edit among methods that do not see the hidden pixels.
function bestOf(task, metric, index, edit) {
  const values = task.fair.map((method) => valueOf(task, index, method, edit)).filter((v) => v !== null);
  if (metric.better === "neither" || values.length < 2) return null;
  return metric.better === "higher" ? Math.max(...values) : Math.min(...values);
}

const legendItem = ([name, colour]) => element("li", {}, element("span", { class: "swatch", style: `background:${colour}` }), name);

// Neighbours are those of the gallery's order, so that "worst first" is walked through as seen.
function neighbours() {
  const order = galleryOf(current.task.slug)?.shown ?? [];
  return order.includes(current.edit) ? order : current.task.edits.map((_, index) => index);
}

function showPlace() {
  const order = neighbours();
  const place = order.indexOf(current.edit);
  part(".viewer-place").textContent = `${place + 1} of ${order.length}`;
  part('[data-act="previous"]').disabled = place === 0;
  part('[data-act="next"]').disabled = place === order.length - 1;
  // A button that went out of use would keep the keys from the viewer.
  if (document.activeElement?.disabled) part("#page-viewer-title").focus();
}

function step(by) {
  const order = neighbours();
  const next = order[order.indexOf(current.edit) + by];
  if (next === undefined) return;
  history.replaceState(null, "", linkTo(current.task, next));
  openEdit(current.task.slug, current.task.edits[next]);
}

function turnRight(by) {
  const kinds = kindsOf(current.task, current.edit);
  const next = (kinds.indexOf(chosen.right) + by + kinds.length) % kinds.length;
  chosen.right = kinds[next];
  viewer.querySelectorAll('[name="page-right"]')[next].checked = true;
  showPair();
}

function setOutline(on) {
  chosen.outline = on;
  showPair();
}

const ACTIONS = {
  previous: () => step(-1), next: () => step(1), close: leaveEdit,
  in: () => zoomTo(stage.zoom * 1.5), out: () => zoomTo(stage.zoom / 1.5), fit: () => zoomTo(1),
};
const KEYS = {
  ArrowLeft: ACTIONS.previous, ArrowRight: ACTIONS.next, ArrowUp: () => turnRight(-1), ArrowDown: () => turnRight(1),
  "+": ACTIONS.in, "=": ACTIONS.in, "-": ACTIONS.out, 0: ACTIONS.fit, m: () => setOutline(!chosen.outline), M: () => setOutline(!chosen.outline),
};

const MOVES = { ArrowLeft: [60, 0], ArrowRight: [-60, 0], ArrowUp: [0, 60], ArrowDown: [0, -60] };

function startViewer() {
  for (const button of viewer.querySelectorAll("[data-act]")) button.addEventListener("click", ACTIONS[button.dataset.act]);
  part(".show-outline").addEventListener("change", (event) => setOutline(event.target.checked));
  viewer.addEventListener("cancel", (event) => { event.preventDefault(); leaveEdit(); });
  viewer.addEventListener("keydown", (event) => {
    const ownArrows = event.target.matches('input[type="range"], input[type="radio"], select');
    const move = event.shiftKey && MOVES[event.key];
    const act = move ? () => moveBy(...move) : KEYS[event.key];
    if (!act || event.ctrlKey || event.metaKey || event.altKey || (ownArrows && event.key.startsWith("Arrow"))) return;
    event.preventDefault();
    act();
  });
}
