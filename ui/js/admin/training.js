// Trainings: what runs, how far it is, what came of it. The running one is followed live.

import { may, request } from "../api.js";
import { sure } from "../components/dialog.js";
import { button, el, empty, link, meter, panel, redraw, when } from "../dom.js";
import { duration, withNames } from "../words.js";
import { verdictOf } from "./verdict.js";

const STATES = {
  queued: "waits",
  running: "runs",
  done: "done",
  failed: "failed",
  cancelled: "cancelled",
};
const STAGES = {
  crops: "Looking at pictures",
  search: "Comparing classifiers",
  calibrate: "Calibrating",
  report: "Writing the report",
  save: "Saving",
};
const PATIENCE = 5000; // milliseconds before a job that could not be followed is followed again
let source = null;
let later = 0;

function titleOf(job) {
  const { dataset, model, recipe, ...wishes } = job.arguments;
  const besides = [
    wishes.multi_label ? "several classes a picture" : "",
    wishes.private ? "private" : "",
    wishes.fpir ? `at most ${wishes.fpir} of strangers named` : "",
  ];
  if (!model) return job.kind;
  return job.kind !== "forget"
    ? [`${model} from ${dataset}`, recipe, ...besides].filter(Boolean).join(", ")
    : `${model} again, without a forgotten class`;
}

function progress(job) {
  if (job.state !== "running") return null;
  if (!job.progress) return el("p.quiet", "Starting …");
  const { stage, done, total, message, seconds_left: left, waiting } = job.progress;
  const said = [
    total > 1 ? `${message || STAGES[stage] || stage}: ${done} of ${total}` : message,
    left ? `about ${duration(1000 * left)} more` : "",
    waiting ? "waiting for the processor, which others keep busy" : "",
  ];
  return el(
    "div.following",
    meter(done, total, titleOf(job)),
    el("p.quiet", said.filter(Boolean).join(", ")),
  );
}

// What follows "was trained": why the version does not answer yet, if so.
function reservation(job) {
  const waits = job.result.waits;
  if (!waits) return ".";
  const next = may("admin")
    ? "Look at the report; under Models you can let it answer."
    : "Somebody with the role admin can let it answer.";
  return `, but does not answer yet. ${withNames(waits)} ${next}`;
}

function outcome(job) {
  const version = job.result?.version;
  const waits = job.result?.waits;
  const { model } = job.arguments;
  return el(
    "div.actions",
    version ? el("span", `Version ${version} was trained${reservation(job)}`) : null,
    version && model && !waits
      ? el("a.button.small", "Ask it").attr("href", `./#${encodeURIComponent(model)}`)
      : null,
    job.report
      ? el("a.button.small", "Its report").attr({
          href: job.report.replace(/^\//, ""),
          target: "_blank",
          rel: "noopener",
        })
      : null,
  );
}

function card(view, job) {
  const cancel = button(job.cancel ? "Stopping …" : "Stop", async () => {
    if (await sure("Stop this training?", "Nothing of it is kept.", "Stop it")) {
      view.attempt(async () => {
        await request("POST", `api/jobs/${job.id}/cancel`);
        view.show();
      });
    }
  }).prop("disabled", job.cancel);
  const open = job.state === "queued" || job.state === "running";
  return panel(
    null,
    el(
      "div.row",
      el("h2", titleOf(job)),
      el(`span.chip.state-${job.state}`, STATES[job.state] || job.state),
    ),
    el(
      "p.quiet",
      [
        when(job.started || job.created),
        job.started && job.ended ? `, took ${duration(job.ended - job.started)}` : "",
        `, by ${job.by}`,
      ].join(""),
    ),
    progress(job),
    job.message && job.state !== "cancelled" ? el("p.remark.pre", job.message) : null,
    job.result?.choice ? el("p.quiet", job.result.choice) : null,
    verdictOf(job.result),
    outcome(job),
    open ? el("div.actions", cancel) : null,
  ).attr("data-job", job.id);
}

function follow(view, job) {
  source = new EventSource(`api/jobs/${job.id}/events`);
  source.addEventListener("job", (event) => {
    const fresh = JSON.parse(event.data);
    redraw(() => window.jQuery(`[data-job="${fresh.id}"]`).replaceWith(card(view, fresh)));
  });
  source.addEventListener("end", () => view.show());
  // After a break the browser connects again by itself, but not where it was refused: too many
  // followers, a restart.
  source.addEventListener("error", ({ target }) => {
    if (target === source && target.readyState === EventSource.CLOSED)
      later = setTimeout(() => follow(view, job), PATIENCE);
  });
}

export function leave() {
  clearTimeout(later);
  source?.close();
  source = null;
}

export async function draw(view) {
  const { jobs } = await request("GET", "api/jobs");
  leave();
  view.fill(
    el("h1", "Training"),
    jobs.length
      ? jobs.map((job) => card(view, job))
      : empty("Nothing was trained here yet. It starts with ", link("a data set", "teach"), "."),
  );
  const open = jobs.filter((job) => job.state === "running" || job.state === "queued");
  if (open.length)
    follow(view, open.find((job) => job.state === "running") || open[open.length - 1]);
}
