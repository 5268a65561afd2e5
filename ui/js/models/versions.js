// The versions of a model side by side: one row each, the newest first.

import { may } from "../api.js";
import { button, el, link, table } from "../dom.js";
import { language, say, share } from "../languages.js";
import { at } from "../root.js";
import { sizeOf } from "../words.js";
import { deleteVersion, promote } from "./versions-actions.js";

function accuracy({ accuracy: right, interval }) {
  if (right === null) return "–";
  const [low, high] = interval ?? [];
  const between = interval
    ? el("span.quiet", ` ${say("models.interval", { low: share(low), high: share(high) })}`)
    : null;
  return el("span", el("strong", share(right)), between);
}

const strangers = ({ fpir, fnir }) =>
  fpir === null ? "–" : say("models.at", { fpir: share(fpir, 1), fnir: share(fnir, 1) });

const time = ({ seconds }) =>
  seconds === null ? "–" : say("models.milliseconds", { count: Math.round(1000 * seconds) });

const day = (text) =>
  text ? new Date(text).toLocaleDateString(language, { dateStyle: "medium" }) : "–";

function data({ pictures, dataset }) {
  const words = say("models.pictures", { count: pictures });
  return dataset ? say("models.pictures-of", { pictures: words, dataset }) : words;
}

function actions(model, row, again) {
  const name = encodeURIComponent(model.name);
  const parts = [];
  if (row.report)
    parts.push(
      link(say("models.report"), at(`api/models/${name}/report?version=${row.version}`)).attr({
        target: "_blank",
        rel: "noopener",
        class: "button small",
        "aria-label": say("models.report-of", { version: String(row.version) }),
      }),
    );
  if (row.sheet)
    parts.push(
      link(say("models.sheet"), at(`api/models/${name}/report.pdf?version=${row.version}`)).attr({
        target: "_blank",
        rel: "noopener",
        class: "button small",
        "aria-label": say("models.sheet-of", { version: String(row.version) }),
      }),
    );
  if (may("admin") && !row.active)
    parts.push(
      button(say("models.promote"), () => promote(model, row.version, again)).attr(
        "aria-label",
        say("models.promote-version", { version: String(row.version) }),
      ),
      button(say("models.delete"), () => deleteVersion(model, row.version, again), "danger").attr(
        "aria-label",
        say("models.delete-version", { version: String(row.version) }),
      ),
    );
  return el("div.actions", parts);
}

function line(model, row, again) {
  const number = row.active
    ? el("span.chip.chosen", say("models.answers", { version: String(row.version) }))
    : String(row.version);
  return [
    number,
    day(row.trained),
    accuracy(row),
    share(row.failure_to_acquire, 1),
    strangers(row),
    time(row),
    sizeOf(row.size),
    data(row),
    row.recipe,
    actions(model, row, again),
  ];
}

export function versionTable(model, versions, again) {
  const head = [
    say("models.column-version"),
    say("models.column-trained"),
    say("models.column-accuracy"),
    say("models.column-not-found"),
    say("models.column-strangers"),
    say("models.column-time"),
    say("models.column-size"),
    say("models.column-data"),
    say("models.column-recipe"),
    say("models.column-actions"),
  ];
  const rows = [...versions].reverse().map((row) => line(model, row, again));
  return table(say("models.versions-of", { name: model.name }), head, rows);
}
