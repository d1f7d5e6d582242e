// Elements are made from text, never from markup: a name can only ever be seen.
function element(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === false || value === null || value === undefined) continue;
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else node.setAttribute(name, value === true ? "" : value);
  }
  node.append(...children.filter((child) => child !== null && child !== undefined));
  return node;
}

function drawn(tag, attributes = {}, ...children) {
  const node = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  node.append(...children);
  return node;
}

// JSON and attributes have no infinity: it is a word there.
const numberOf = (value) => ({ inf: Infinity, "-inf": -Infinity })[value] ?? value;

// A labelled <select>: `choices` are [value, text] pairs.
function choice(label, choices, value, changed) {
  const options = choices.map(([key, text]) => element("option", { value: key, selected: key === value }, text));
  const select = element("select", { onchange: (event) => changed(event.target.value) }, ...options);
  return element("label", {}, `${label} `, select);
}

// Fills a place anew. What had the focus in it may be drawn anew too: the keyboard stays where it was, or
// goes to the next control that can be used.
function redraw(place, ...children) {
  const controls = () => [...place.querySelectorAll("button, select, input")];
  const at = controls().indexOf(document.activeElement);
  place.replaceChildren(...children);
  if (at < 0) return;
  const [next, others] = [controls()[at], controls().filter((one) => !one.disabled)];
  (others.includes(next) ? next : others[0])?.focus({ preventScroll: true });
}

function toggle(label, on, changed) {
  const box = element("input", { type: "checkbox", checked: on, onchange: (event) => changed(event.target.checked) });
  return element("label", { class: "switch" }, box, label);
}
