// What the page carries: the run's methods at once, a task's edits when they are first looked at.
const parsed = (id) => JSON.parse(document.getElementById(id).textContent);
const run = parsed("page-data");
const tasks = new Map();

function taskData(slug) {
  if (!document.getElementById(`page-data-${slug}`)) return null;
  if (!tasks.has(slug)) tasks.set(slug, withLookups(parsed(`page-data-${slug}`)));
  return tasks.get(slug);
}

function withLookups(task) {
  task.position = new Map(task.edits.map((edit, index) => [edit, index]));
  // Methods that ran: the others have no row for any edit.
  task.methods = run.methods.map((_, index) => index).filter((index) => task.states[index].trim());
  const fair = task.methods.filter((index) => !run.methods[index].hidden);
  task.fair = fair.length ? fair : task.methods;
  return task;
}

const valueOf = (task, metric, method, edit) => numberOf(task.values[metric][method][edit]);

// Over the methods that do not see the hidden pixels.
function meanOf(task, metric, edit) {
  const values = task.fair.map((method) => valueOf(task, metric, method, edit)).filter((v) => v !== null);
  return values.length ? values.reduce((sum, v) => sum + v, 0) / values.length : null;
}

// The edit is what a reader looks for: a score of the masked region before one of the whole image.
function firstMetric(task) {
  const directed = task.metrics.map((_, index) => index).filter((index) => task.metrics[index].better !== "neither");
  return directed.find((index) => task.metrics[index].region === "mask") ?? directed[0] ?? 0;
}

// Four digits; what is small is not nothing.
function printed(value) {
  if (value === null || value === undefined) return "";
  if (!Number.isFinite(value)) return value > 0 ? "∞" : "−∞";
  const size = Math.abs(value);
  const decimals = size === 0 ? 0 : Math.min(4, Math.max(0, 3 - Math.floor(Math.log10(size))));
  const text = value.toFixed(size >= 10 ? Math.min(decimals, 2) : decimals);
  return (Number(text) || !size ? text : value.toPrecision(1)).replaceAll("-", "−");
}

const percent = (share) => (share === null ? "" : `${(100 * share).toFixed(share < 0.1 ? 1 : 0)} %`);

const linkTo = (task, edit) => `#${task.slug}/${encodeURIComponent(task.edits[edit])}`;
