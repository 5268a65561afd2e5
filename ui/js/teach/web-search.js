// Searching the web for pictures of a class: a form, a bar while it runs, and what came of it.

import { may, request, send } from "../api.js";
import { openDialog } from "../components/dialog.js";
import { progressBar } from "../components/progress.js";
import { button, el, field, select } from "../dom.js";
import { say } from "../languages.js";
import { failureOf } from "../models/reasons.js";

const $ = window.jQuery;
const LOOK = 1000; // milliseconds between two looks at the search
const COUNTS = [50, 100, 300, 1000];
const SOURCES = {
  search: "teach.web-both",
  openverse: "teach.web-openverse",
  commons: "teach.web-commons",
  bing: "teach.web-bing",
  google: "teach.web-google",
  ddgs: "teach.web-ddgs",
};
const LICENCES = [
  ["", "teach.web-any"],
  ["public-domain", "teach.web-public-domain"],
  ["commercial", "teach.web-commercial"],
  ["modification", "teach.web-modification"],
];
const REASONS = 3; // that are told of what was not taken

let asked = null;

// Who can be searched here, for this person; null where nobody can.
export async function searchable() {
  if (!may("admin")) return null;
  asked ??= request("GET", "api/collecting");
  const found = await asked;
  return found.allowed ? found : null;
}

const addressOf = (dataset, label) =>
  `api/datasets/${encodeURIComponent(dataset)}/classes/${encodeURIComponent(label)}/collect`;

// found: of searchable(); name: what the words begin with; begin(body): starts the search
export function openSearch(found, name, begin) {
  const words = $("<textarea>").attr({ rows: 3, required: true, maxlength: 2000 }).val(name);
  const known = found.sources.filter((source) => source in SOURCES);
  const source = select(known.map((each) => [each, say(SOURCES[each])]));
  const count = select(COUNTS.map((each) => [each, each.toLocaleString()])).val("100");
  const licence = select(LICENCES.map(([value, key]) => [value, say(key)]));
  const sayLicences = () => {
    const knows = found.licences_of.includes(source.val());
    licence.prop("disabled", !knows);
    if (!knows) licence.val("");
  };
  source.on("change", sayLicences);
  sayLicences();
  const form = el(
    "form.fields",
    field(say("teach.web-words"), words),
    field(say("teach.web-source"), source),
    field(say("teach.web-count"), count),
    field(say("teach.web-licence"), licence),
    el("p.quiet", say("teach.web-rights")),
    el(
      "div.actions",
      el("button.button.primary", say("teach.web-start")).attr("type", "submit"),
      button(say("dialog.back"), () => dialog.close()),
    ),
  ).attr("method", "dialog");
  const dialog = openDialog(say("teach.web-title", { name }), form);
  form.on("submit", () => {
    const queries = words
      .val()
      .split("\n")
      .map((line) => line.trim())
      .filter(Boolean);
    const licences = licence.val() ? [licence.val()] : [];
    if (queries.length)
      begin({ source: source.val(), queries, count: Number(count.val()), licences });
  });
  words.trigger("focus");
}

// Run a search and show it in `place` until it has ended; stops looking when the place is gone.
export async function runSearch(place, dataset, label, body) {
  const job = await send("POST", addressOf(dataset, label), body);
  const bar = progressBar(say("teach.web-running"));
  const stop = button(say("teach.stop"), () => request("POST", `api/jobs/${job.id}/cancel`));
  place.empty().append(bar, stop);
  for (;;) {
    const now = await request("GET", `api/jobs/${job.id}`);
    if (!["queued", "running"].includes(now.state)) {
      place.empty().append(ending(now));
      return;
    }
    if (!place[0].isConnected) return;
    const { done = 0, total = 0 } = now.state === "running" ? (now.progress ?? {}) : {};
    const waits = now.state === "queued" ? say("teach.web-queued") : "";
    const how = total > 1 ? say("teach.sent", { sent: done, of: total }) : waits;
    bar.set(total > 1 ? done / total : null, how);
    await new Promise((resolve) => setTimeout(resolve, LOOK));
  }
}

function ending(job) {
  if (job.state === "cancelled") return el("p.quiet", say("teach.web-stopped"));
  if (job.state !== "done") return el("p.remark", `${say("teach.web-failed")} ${failureOf(job)}`);
  const { counts, found, near_copies: near, reasons } = job.result;
  const left = found - counts.added - counts.already;
  const lines = [
    say("teach.added", { count: counts.added }),
    counts.already ? say("teach.again", { count: counts.already }) : "",
    left ? say("teach.web-left", { count: left }) : "",
    near ? say("teach.web-near", { count: near }) : "",
  ];
  const why = Object.entries(reasons).slice(0, REASONS);
  return el(
    "div",
    el("p.quiet", lines.filter(Boolean).join(" ")),
    why.length
      ? el(
          "ul.refused",
          why.map(([reason, count]) => el("li", count > 1 ? `${count} × ${reason}` : reason)),
        )
      : null,
  );
}
