// What was asked and answered: figures of the last days, the log with its filters, and what people
// corrected.

import { request } from "../api.js";
import {
  button,
  el,
  empty,
  field,
  link,
  meter,
  panel,
  select,
  suggesting,
  table,
  tile,
  when,
} from "../dom.js";
import { listed } from "../languages.js";
import { labelFor, nameOf, percent } from "../words.js";
import { choicesFor } from "./choices.js";

const $ = window.jQuery;
const DAYS = [
  [1, "last day"],
  [7, "last week"],
  [30, "last month"],
  [365, "last year"],
];
const WORDS = {
  known: "known",
  unknown: "unknown",
  nothing_found: "nothing found",
  is: "is",
  is_not: "is not",
  not_a_face: "not a face",
};

function figures(stats) {
  const by = stats.by_reason;
  const most = Math.max(1, ...Object.values(stats.by_label));
  const labels = Object.entries(stats.by_label)
    .sort((a, b) => b[1] - a[1])
    .slice(0, 10);
  return [
    el(
      "div.tiles",
      tile(stats.predictions, "pictures"),
      tile(by.known || 0, "known"),
      tile(by.unknown || 0, "unknown"),
      tile(by.nothing_found || 0, "nothing found"),
      tile(
        stats.mean_seconds === null ? "–" : `${Math.round(1000 * stats.mean_seconds)} ms`,
        "on average",
      ),
      tile(stats.corrections, "corrections"),
    ),
    labels.length
      ? table(
          "Answers by name",
          ["Name", "Share", "Pictures"],
          labels.map(([label, number]) => [nameOf(label), meter(number, most, label), number]),
        )
      : null,
  ];
}

function statistics(view) {
  const place = el("div");
  const days = select(DAYS, { "aria-label": "Time" }).val("30");
  const load = () =>
    view.attempt(async () =>
      place.empty().append(figures(await request("GET", `api/stats?days=${days.val()}`))),
    );
  days.on("change", load);
  load();
  return panel(null, el("div.row", el("h2", "In figures"), days), place);
}

function who(row) {
  const known = row.regions
    .filter((region) => region.label !== null)
    .map((region) => `${region.labels.map(nameOf).join(" + ")} ${percent(region.probability)}`);
  const strangers = row.regions.length - known.length;
  if (strangers) known.push(`${strangers} unknown`);
  return known.length ? listed(known) : WORDS[row.reason] || row.reason;
}

// Its size; where the service keeps it, that leads to the picture itself.
function asked(row) {
  const size = `${row.width} × ${row.height}`;
  if (!row.kept) return size;
  return link(size, `api/predictions/${row.id}/picture`).attr({
    target: "_blank",
    rel: "noopener",
    title: "See the picture",
    "aria-label": `See the picture of ${when(row.time)}, ${size}`,
  });
}

const line = (row) => [
  when(row.time),
  who(row),
  `${row.model} ${row.version}`,
  asked(row),
  `${Math.round(1000 * row.seconds)} ms`,
  row.client || "",
];
const HEAD = ["When", "Answer", "Model", "Picture", "Time", "From"];

function history(view, labels, reasons) {
  const [label, list] = suggesting(labels.map(nameOf), { placeholder: "a name" });
  const reason = select([["", "any answer"], ...reasons]);
  const place = el("div");
  const query = (more) =>
    $.param(
      Object.fromEntries(
        Object.entries({
          label: labelFor(label.val(), labels),
          reason: reason.val(),
          ...more,
        }).filter(([, value]) => value),
      ),
    );
  const load = (before) =>
    view.attempt(async () => {
      const answer = await request("GET", `api/predictions?${query({ limit: 50, before })}`);
      place.empty().append(
        answer.predictions.length
          ? table("Answers", HEAD, answer.predictions.map(line))
          : empty("Nothing fits."),
        el(
          "div.actions",
          before ? button("Newest", () => load()) : null,
          answer.next ? button("Older", () => load(answer.next)) : null,
          el("a.button.small", "Save as CSV").attr({
            href: `api/predictions?${query({ format: "csv" })}`,
            download: "answers.csv",
          }),
        ),
      );
    });
  const form = el(
    "form.actions",
    field("Name", label),
    list,
    field("Answer", reason),
    el("button.button.small", "Show").attr("type", "submit"),
  ).on("submit", (event) => {
    event.preventDefault();
    load();
  });
  load();
  return panel("The log", form, place);
}

async function corrected() {
  const { corrections } = await request("GET", "api/corrections");
  const rows = corrections.map((correction) => [
    when(correction.time),
    correction.before.label ? nameOf(correction.before.label) : "unknown",
    [WORDS[correction.action], correction.label ? nameOf(correction.label) : ""].join(" "),
    correction.dataset,
    correction.picture ? "yes" : "no",
    correction.by,
  ]);
  return panel(
    "Corrections",
    rows.length
      ? table(
          "Corrections",
          ["When", "It said", "The person said", "Data set", "Picture kept", "By"],
          rows,
        )
      : empty("Nobody corrected an answer yet."),
  );
}

export async function draw(view) {
  const [corrections, { models }, reasons] = await Promise.all([
    corrected(),
    request("GET", "api/models"),
    choicesFor("get", "/api/predictions", "reason", WORDS),
  ]);
  const labels = [...new Set(models.flatMap((model) => model.labels))].sort();
  view.fill(el("h1", "Answers"), statistics(view), history(view, labels, reasons), corrections);
}
