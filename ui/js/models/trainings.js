// Long work: what waits and runs, how far it is, and what came of the last of it. What runs is
// followed live.

import { request } from "../api.js";
import { sure } from "../components/dialog.js";
import { progressBar } from "../components/progress.js";
import { errorState } from "../components/states.js";
import { button, el, redraw, when } from "../dom.js";
import { say } from "../languages.js";
import { at } from "../root.js";
import { duration } from "../words.js";
import { choiceOf, failureOf, waitsOf } from "./reasons.js";
import { verdictOf } from "./verdict.js";

const $ = window.jQuery;
const PATIENCE = 5000; // milliseconds before a job that could not be followed is followed again
const MOST = 10; // that are listed
const STATES = {
  queued: "trainings.queued",
  running: "trainings.running",
  done: "trainings.done",
  failed: "trainings.failed",
  cancelled: "trainings.cancelled",
};
const STAGES = {
  crops: "trainings.crops",
  search: "trainings.search",
  calibrate: "trainings.calibrate",
  folds: "trainings.folds",
  baseline: "trainings.baseline",
  test: "trainings.test",
  report: "trainings.report-stage",
  save: "trainings.save",
};
let source = null;
let later = 0;

function titleOf({ kind, arguments: { dataset, model, label } }) {
  if (kind === "forget") return say("trainings.forget", { model });
  if (kind === "collect") return say("trainings.collect", { dataset, label: label ?? "" });
  return model ? say("trainings.train", { model, dataset }) : kind;
}

function progress(job) {
  if (job.state !== "running") return null;
  if (!job.progress) return progressBar(titleOf(job), null, say("trainings.starting"));
  const { stage, done, total, message, waiting, part } = job.progress;
  const left = job.progress.whole_seconds_left ?? job.progress.seconds_left;
  const what = STAGES[stage] ? say(STAGES[stage]) : message || stage;
  const notes = [
    total > 1 ? say("trainings.of", { what, done, total }) : what,
    left ? say("trainings.left", { time: duration(1000 * left) }) : "",
    waiting ? say("trainings.waiting") : "",
  ];
  const whole = part ?? (total ? done / total : null);
  return progressBar(titleOf(job), whole, notes.filter(Boolean).join(" "));
}

function result({ result: came, report }) {
  if (!came) return null;
  const choice = choiceOf(came);
  const waits = waitsOf(came);
  return [
    choice ? el("p.quiet", choice) : null,
    verdictOf(came),
    waits
      ? el("p.remark", say("trainings.not-yet", { version: String(came.version) }), " ", waits)
      : null,
    report
      ? el(
          "div.actions",
          el("a.button.small", say("models.report")).attr({
            href: at(report.replace(/^\//, "")),
            target: "_blank",
            rel: "noopener",
          }),
        )
      : null,
  ];
}

function times(job) {
  const time = when(job.started || job.created);
  const { by } = job;
  if (!job.started || !job.ended) return say("trainings.began", { time, by });
  return say("trainings.took", { time, by, duration: duration(job.ended - job.started) });
}

function stopper(job) {
  const text = job.cancel ? say("trainings.stopping") : say("trainings.stop");
  return button(text, async () => {
    const yes = say("trainings.stop");
    if (!(await sure(say("trainings.stop-title"), say("trainings.stop-detail"), yes))) return;
    await request("POST", `api/jobs/${job.id}/cancel`).catch(() => null);
    draw();
  }).prop("disabled", job.cancel);
}

function row(job) {
  const open = job.state === "queued" || job.state === "running";
  return el(
    "li.training",
    el(
      "div.model-head",
      el("h3", titleOf(job)),
      el(`span.chip.state-${job.state}`, STATES[job.state] ? say(STATES[job.state]) : job.state),
    ),
    el("p.quiet", times(job)),
    progress(job),
    job.message && job.state !== "cancelled" ? el("p.remark", failureOf(job)) : null,
    result(job),
    open ? el("div.actions", stopper(job)) : null,
  ).attr("data-job", job.id);
}

function follow(job) {
  source = new EventSource(at(`api/jobs/${job.id}/events`));
  source.addEventListener("job", (event) => {
    const fresh = JSON.parse(event.data);
    redraw(() => $(`[data-job="${fresh.id}"]`).replaceWith(row(fresh)));
  });
  source.addEventListener("end", () => draw());
  // After a break the browser connects again by itself, but not where it was refused: too many
  // followers, a restart.
  source.addEventListener("error", ({ target }) => {
    if (target === source && target.readyState === EventSource.CLOSED)
      later = setTimeout(() => follow(job), PATIENCE);
  });
}

export async function draw() {
  const place = $("#jobs");
  try {
    const { jobs } = await request("GET", "api/jobs");
    clearTimeout(later);
    source?.close();
    $("#trainings").prop("hidden", !jobs.length);
    redraw(() => place.empty().append(jobs.slice(0, MOST).map(row)));
    const open = jobs.filter((job) => job.state === "running" || job.state === "queued");
    if (open.length) follow(open.find((job) => job.state === "running") ?? open.at(-1));
  } catch (error) {
    place.empty().append(el("li", errorState(error, draw)));
    $("#trainings").prop("hidden", false);
  }
}
