// A glimpse of each task on the first screen: its median edit, and the best result there.
const MOST_GLIMPSES = 6;

function showGlimpses() {
  const place = document.querySelector(".glimpses");
  const slugs = [...document.querySelectorAll("section.task")].map((section) => section.dataset.task);
  const shown = slugs.slice(0, MOST_GLIMPSES).map(taskData).map(glimpse).filter(Boolean);
  place.append(...shown);
  if (!shown.length) return;
  const which = slugs.length > MOST_GLIMPSES ? `the first ${MOST_GLIMPSES} tasks` : "each task";
  place.before(element("p", { class: "glimpses-note" }, `The median edit of ${which}: its input, and the best result there`));
}

function glimpse(task) {
  const metric = firstMetric(task);
  if ((task.metrics[metric]?.better ?? "neither") === "neither") return null;
  const all = task.edits.map((_, edit) => edit).filter((edit) => !run.embedded || address(task, "original", edit));
  const means = new Map(all.map((edit) => [edit, meanOf(task, metric, edit)]));
  const order = all.filter((edit) => means.get(edit) !== null).sort((a, b) => means.get(a) - means.get(b) || a - b);
  const edit = order[Math.floor(order.length / 2)];
  const method = edit === undefined ? undefined : bestMethod(task, metric, edit);
  if (method === undefined) return null;
  const box = (kind) => element("span", { class: "image", style: ratio(task) }, ...layers(task, kind, edit, false));
  return element("a", { class: "glimpse", href: linkTo(task, edit), onclick: () => { chosen.right = method; } },
    element("span", { class: "pair" }, box("input"), box(method)),
    element("span", { class: "caption" }, element("span", {}, task.title), element("span", { class: "value" }, nameOf(method))));
}

function bestMethod(task, metric, edit) {
  const sign = task.metrics[metric].better === "higher" ? -1 : 1;
  const shown = task.fair.filter((method) => valueOf(task, metric, method, edit) !== null);
  return shown.sort((a, b) => sign * (valueOf(task, metric, a, edit) - valueOf(task, metric, b, edit)))[0];
}
