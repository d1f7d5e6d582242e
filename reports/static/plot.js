// What every plot shares: colours, shapes, scales and axes. Colours are Okabe and Ito's; of eight methods
// each has a shape of its own too, so that none depends on colour; of more, no two share both.
const COLOURS = ["#0072b2", "#e69f00", "#009e73", "#d55e00", "#cc79a7", "#56b4e9", "#8a7a00", "#7f7f7f"];
const SHAPES = [
  "M0-4.5A4.5 4.5 0 1 1 0 4.5A4.5 4.5 0 1 1 0-4.5Z", "M-4-4H4V4H-4Z", "M0-5L5 4H-5Z", "M0-5.5L5.5 0L0 5.5L-5.5 0Z",
  "M0 5L5-4H-5Z", "M-1.6-5H1.6V-1.6H5V1.6H1.6V5H-1.6V1.6H-5V-1.6H-1.6Z", "M0-5.5L1.6-1.7L5.5-1.7L2.4.8L3.6 4.8L0 2.4L-3.6 4.8L-2.4.8L-5.5-1.7L-1.6-1.7Z", "M-5-2.5H5V2.5H-5Z",
];
const MARGIN = { left: 64, bottom: 44, top: 14, right: 14 };

// A plot is as wide as its place, so that its letters keep their size on a telephone.
function plotBox(place) {
  const wide = Math.min(860, Math.max(300, place.clientWidth || 860));
  const high = Math.round(Math.min(480, Math.max(300, wide * 0.56)));
  return { wide, high, left: MARGIN.left, right: wide - MARGIN.right, top: MARGIN.top, bottom: high - MARGIN.bottom };
}

function symbol(method) {
  return drawn("svg", { width: 14, height: 14, viewBox: "-7 -7 14 14", "aria-hidden": "true" }, shape(method));
}

function shape(method, attributes = {}) {
  return drawn("path", { d: SHAPES[(method + Math.floor(method / 8)) % 8], fill: COLOURS[method % 8], stroke: COLOURS[method % 8], ...attributes });
}

// What sees the hidden pixels would flatten the others.
function plotted(rows) {
  const fair = rows.filter(({ method }) => !run.methods[method].hidden);
  return fair.length ? fair : rows;
}

// The least and the largest; no call takes as many arguments as a large run has values.
const extremes = (values) => values.reduce(([low, high], value) => [Math.min(low, value), Math.max(high, value)], [Infinity, -Infinity]);

// A linear scale over round numbers: where a value lies, and its ticks.
function scale(values, from, to) {
  let [low, high] = values.length ? extremes(values) : [0, 1];
  if (low === high) [low, high] = [low - 0.5, high + 0.5];
  const rough = (high - low) / 5;
  const power = 10 ** Math.floor(Math.log10(rough));
  const unit = [1, 2, 5, 10].find((m) => m * power >= rough) * power;
  const [start, end] = [Math.floor(low / unit), Math.ceil(high / unit)];
  const at = (value) => from + ((value / unit - start) / (end - start)) * (to - from);
  const decimals = Math.max(0, -Math.floor(Math.log10(unit) + 1e-9));
  const ticks = Array.from({ length: end - start + 1 }, (_, i) => [(start + i) * unit, ((start + i) * unit).toFixed(decimals)]);
  return { at, ticks };
}

// Powers of ten, and between few of them also twice and five times each; round numbers where all is within a factor of three.
function logScale(values, from, to) {
  const [low, high] = extremes(values).map(Math.log10);
  const room = Math.max(0.08, 0.06 * (high - low));
  const [start, end] = [low - room, high + room];
  const at = (value) => from + ((Math.log10(value) - start) / (end - start)) * (to - from);
  if (end - start < 0.5) return { at, ticks: scale([10 ** start, 10 ** end], from, to).ticks.slice(1, -1) };
  const steps = end - start > 2.5 ? [1] : [1, 2, 5];
  const ticks = [];
  for (let power = Math.floor(start); power <= end; power++) {
    for (const step of steps) {
      const value = step * 10 ** power;
      if (Math.log10(value) >= start && Math.log10(value) <= end) ticks.push([value, String(Number(value.toPrecision(1)))]);
    }
  }
  return { at, ticks };
}

function axes(across, up, nameX, nameY, { left, right, top, bottom, high }) {
  const lines = [];
  for (const [value, text] of across.ticks) {
    const x = across.at(value);
    lines.push(drawn("line", { class: "grid", x1: x, x2: x, y1: top, y2: bottom }), drawn("text", { x, y: bottom + 17, "text-anchor": "middle" }, text));
  }
  for (const [value, text] of up.ticks) {
    const y = up.at(value);
    lines.push(drawn("line", { class: "grid", x1: left, x2: right, y1: y, y2: y }), drawn("text", { x: left - 8, y: y + 4, "text-anchor": "end" }, text));
  }
  lines.push(drawn("line", { class: "axis", x1: left, x2: right, y1: bottom, y2: bottom }));
  lines.push(drawn("text", { x: (left + right) / 2, y: high - 6, "text-anchor": "middle" }, nameX));
  lines.push(drawn("text", { transform: `translate(14 ${(top + bottom) / 2}) rotate(-90)`, "text-anchor": "middle" }, nameY));
  return lines;
}
