// Whom a model takes for whom: a table whose cells open the pictures that they count.

import { modelPath, request } from "../api.js";
import { openDialog } from "../components/dialog.js";
import { errorState, loadingState } from "../components/states.js";
import { button, el, link } from "../dom.js";
import { say } from "../languages.js";
import { at } from "../root.js";
import { nameOf } from "../words.js";

const $ = window.jQuery;
const SIDE = 160; // pixels of a picture in the list

const nameOr = (label) => (label === null ? say("models.nobody") : nameOf(label));

function picture(dataset, { label, file }) {
  const parts = [dataset, "classes", label, "pictures", file].map(encodeURIComponent);
  const source = at(`api/datasets/${parts.join("/")}?size=${SIDE}`);
  const image = $("<img loading='lazy'>").attr({ src: source, alt: file, width: SIDE / 2 });
  const where = new URLSearchParams({ dataset, file: `${label}/${file}` });
  return el("li", link(image, at(`review?${where}`)));
}

function open(table, truth, answer, count) {
  const mistakes = table.mistakes.filter((row) => row.truth === truth && row.answer === answer);
  const shown = mistakes.filter((row) => row.file !== null);
  const title = say("models.taken-for", { truth: nameOf(truth), answer: nameOr(answer) });
  const words =
    shown.length === count
      ? say("models.all-shown")
      : say("models.some-shown", { count: shown.length, total: count });
  const close = button(say("dialog.back"), () => dialog.close()).attr("autofocus", "");
  const dialog = openDialog(
    title,
    el("p.quiet", words),
    el(
      "ul.confused",
      shown.map((row) => picture(table.dataset, row)),
    ),
    el("div.actions", close),
  );
}

function cell(table, truth, answer, count, most) {
  const right = truth === answer;
  const depth = count ? Math.ceil((4 * count) / most) : 0;
  const title = say("models.cell", { count, truth: nameOf(truth), answer: nameOr(answer) });
  const kind = `td.cell.${right ? "right" : "wrong"}.depth-${depth}`;
  if (right || !count) return el(kind, String(count)).attr("title", title);
  const opener = el("button.cell-button", String(count))
    .attr({ type: "button", "aria-label": title })
    .on("click", () => open(table, truth, answer, count));
  return el(kind, opener);
}

function drawn(table) {
  const most = Math.max(...table.matrix.flat());
  const head = el(
    "tr",
    el("td"),
    table.labels.map((label) => el("th", nameOr(label)).attr("scope", "col")),
  );
  const rows = table.truths.map((truth, row) =>
    el(
      "tr",
      el("th", nameOf(truth)).attr("scope", "row"),
      table.labels.map((label, column) =>
        cell(table, truth, label, table.matrix[row][column], most),
      ),
    ),
  );
  return el(
    "div.table-wide",
    el(
      "table.confusion",
      el("caption.visually-hidden", say("models.confusion")),
      el("thead", head),
      el("tbody", rows),
    ),
  ).attr({ tabindex: 0, role: "region", "aria-label": say("models.confusion") });
}

// Draw it into a place, or take it away again.
export async function showConfusion(model, place) {
  if (place.children().length) {
    place.empty();
    return;
  }
  place.append(loadingState());
  try {
    const table = await request("GET", modelPath(model.name, "/confusion"));
    place.empty().append(el("p.quiet", say("models.confusion-how")), drawn(table));
  } catch (error) {
    place.empty().append(errorState(error));
  }
}
