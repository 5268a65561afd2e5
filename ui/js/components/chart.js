// Numbers over time as a small drawing: stacked bars, or lines. What it shows stands in a table
// beside it, which the screen draws; so the drawing itself is hidden from a reader of screens.

import { el } from "../dom.js";

const SVG = "http://www.w3.org/2000/svg";
const WIDTH = 600; // of the drawing's own units; the sheet says how large they are
const HEIGHT = 160;

function shape(name, attributes, title = "") {
  const node = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
  if (title)
    node.append(Object.assign(document.createElementNS(SVG, "title"), { textContent: title }));
  return node;
}

// The next of 1, 2, 5, 10, 20, … above a value: where an axis ends.
function roundUp(value) {
  if (value <= 0) return 1;
  const power = 10 ** Math.floor(Math.log10(value));
  return [1, 2, 5, 10].find((step) => step * power >= value) * power;
}

// series: [{kind, text}], in the order of the drawing; shown(value): a value of the axis in words
function framed(drawing, most, { series, first, last, shown }) {
  return el(
    "figure.chart",
    el(
      "div.chart-key",
      series.map(({ kind, text }) => el("span", el(`span.chart-dot.${kind}`), text)),
    ),
    el("div.chart-frame", el("span.chart-most", shown(most)), drawing),
    el("div.chart-axis", el("span", first), el("span", last)),
  ).attr("aria-hidden", "true");
}

const canvas = () =>
  shape("svg", {
    viewBox: `0 0 ${WIDTH} ${HEIGHT}`,
    preserveAspectRatio: "none",
    class: "chart-svg",
  });

// columns: [{title, values: {kind: number}}]
export function stackedBars(columns, axis) {
  const whole = columns.map(({ values }) =>
    axis.series.reduce((sum, { kind }) => sum + values[kind], 0),
  );
  const most = roundUp(Math.max(...whole));
  const drawing = canvas();
  const step = WIDTH / columns.length;
  columns.forEach(({ title, values }, at) => {
    let top = HEIGHT;
    for (const { kind } of axis.series) {
      const height = (HEIGHT * values[kind]) / most;
      top -= height;
      const box = { x: step * at + step * 0.1, y: top, width: step * 0.8, height };
      if (height) drawing.append(shape("rect", { ...box, class: `chart-fill ${kind}` }, title));
    }
  });
  return framed(drawing, most, axis);
}

// points: [{title, values: {kind: number or null}}]; a null breaks the line
export function lines(points, axis) {
  const values = points.flatMap(({ values }) => axis.series.map(({ kind }) => values[kind] ?? 0));
  const most = axis.most ?? roundUp(Math.max(...values));
  const drawing = canvas();
  const step = WIDTH / points.length;
  for (const { kind } of axis.series) {
    let path = "";
    points.forEach(({ values }, at) => {
      const value = values[kind];
      if (value === null) return;
      const joined = at > 0 && points[at - 1].values[kind] !== null;
      const x = step * (at + 0.5);
      const y = HEIGHT * (1 - value / most);
      path += `${joined ? "L" : "M"}${x.toFixed(1)} ${y.toFixed(1)} `;
      if (!joined) path += `l0 0 `; // a point without neighbours is a dot
    });
    if (path) drawing.append(shape("path", { d: path.trim(), class: `chart-line ${kind}` }));
  }
  return framed(drawing, most, axis);
}
