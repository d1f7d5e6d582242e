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

// A labelled <select>: `choices` are [value, text] pairs.
function choice(label, choices, value, changed) {
  const options = choices.map(([key, text]) => element("option", { value: key, selected: key === value }, text));
  const select = element("select", { onchange: (event) => changed(event.target.value) }, ...options);
  return element("label", {}, `${label} `, select);
}

function toggle(label, on, changed) {
  const box = element("input", { type: "checkbox", checked: on, onchange: (event) => changed(event.target.checked) });
  return element("label", { class: "switch" }, box, label);
}
