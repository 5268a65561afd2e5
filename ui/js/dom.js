// Small pieces that every screen is built from. No requests, no state.

import { locale } from "./languages.js";

const $ = window.jQuery;

// el("p.quiet", "text", child, [children]): an element with classes; strings become text, never
// markup.
export function el(selector, ...content) {
  const [tag, ...classes] = selector.split(".");
  const children = content
    .flat(Infinity)
    .filter((child) => child !== false && (child ?? null) !== null);
  const nodes = children.map((child) =>
    typeof child === "object" ? child : document.createTextNode(child),
  );
  return $(`<${tag}>`).addClass(classes.join(" ")).append(nodes);
}

export const panel = (title, ...content) =>
  el("section.panel", title ? el("h2", title) : null, ...content);

export function button(text, act, kind = "") {
  return el(`button.button.small${kind ? `.${kind}` : ""}`, text)
    .attr("type", "button")
    .on("click", act);
}

export const field = (label, input) => el("label.field", label, input);
export const input = (type, attributes = {}) => $("<input>").attr({ type, ...attributes });
export function select(options, attributes = {}) {
  return $("<select>")
    .attr(attributes)
    .append(options.map(([value, text]) => $("<option>").val(value).text(text)));
}

// A text field with suggestions: any value may be typed all the same.
let lists = 0;
export function suggesting(values, attributes = {}) {
  lists += 1;
  const id = `suggestions-${lists}`;
  const list = $("<datalist>")
    .attr("id", id)
    .append(values.map((value) => $("<option>").val(value)));
  return [input("text", { list: id, autocomplete: "off", ...attributes }), list];
}

const nameOfControl = (element) => element.getAttribute("aria-label") || element.textContent.trim();

// Change what is drawn. Whoever was in it with the keyboard finds the control of the same name
// again.
export function redraw(change) {
  const before = document.activeElement;
  change();
  if (!before || before.isConnected) return;
  const same = $(`main ${before.tagName}`).filter(
    (_, control) => nameOfControl(control) === nameOfControl(before),
  )[0];
  same?.focus({ preventScroll: true });
}

// A table; on a phone each row is a small list with the heads before the cells. rows: arrays of
// text or elements.
export function table(caption, head, rows) {
  const header = el(
    "tr",
    head.map((text) => el("th", text).attr({ scope: "col", role: "columnheader" })),
  ).attr("role", "row");
  const body = rows.map((row) =>
    el(
      "tr",
      row.map((cell, at) => el("td", cell).attr({ role: "cell", "data-head": head[at] })),
    ).attr("role", "row"),
  );
  return el(
    "div.table-wide",
    el(
      "table.list",
      el("caption.visually-hidden", caption),
      el("thead", header),
      el("tbody", body),
    ).attr("role", "table"),
  ).attr({ tabindex: 0, role: "region", "aria-label": caption });
}

export const empty = (...content) => el("p.quiet.empty", ...content);
export const link = (text, href) => el("a", text).attr("href", href);

export function when(milliseconds) {
  return milliseconds
    ? new Date(milliseconds).toLocaleString(locale, { dateStyle: "medium", timeStyle: "short" })
    : "";
}

export function meter(done, total, label) {
  const part = total ? Math.min(100, (100 * done) / total) : 0;
  return el("span.bar", el("span.fill").css("width", `${part}%`))
    .addClass("progress")
    .attr({
      role: "progressbar",
      "aria-valuenow": Math.round(part),
      "aria-valuemin": 0,
      "aria-valuemax": 100,
      "aria-label": label,
    });
}

// A number with what it counts.
export const tile = (number, text) => el("div.tile", el("strong", number), el("span.quiet", text));
