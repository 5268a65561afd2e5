// Training: what is missing before it, one bar with an estimate while it runs, one card after it.

import { request, send } from "../api.js";
import { sure } from "../components/dialog.js";
import { progressBar, timeLeft } from "../components/progress.js";
import { button, el, field, input, select } from "../dom.js";
import { listed, say } from "../languages.js";
import { failureOf, waitsOf } from "../models/reasons.js";
import { at } from "../root.js";
import { nameOf } from "../words.js";
import { resultCard } from "./result-card.js";

const FEWEST = 2; // classes, and pictures of each
const PATIENCE = 5000; // milliseconds before a job that could not be followed is followed again
const RECIPES = [
  ["", "teach.recipe-default"],
  ["face-modern", "teach.recipe-face-modern"],
  ["face-classic", "teach.recipe-face-classic"],
  ["face-light", "teach.recipe-face-light"],
  ["person-modern", "teach.recipe-person-modern"],
  ["person-classic", "teach.recipe-person-classic"],
  ["object-modern", "teach.recipe-object-modern"],
  ["object-classic", "teach.recipe-object-classic"],
];
const STRANGERS = [
  ["", "teach.strangers-default"],
  ["0.01", "teach.strangers-100"],
  ["0.001", "teach.strangers-1000"],
  ["0.05", "teach.strangers-20"],
];
const said = (choices) => choices.map(([value, key]) => [value, say(key)]);

export const modelNameOf = (dataset) =>
  dataset
    .toLowerCase()
    .normalize("NFKD")
    .replace(/[^a-z0-9_-]+/g, "-")
    .replace(/^[-_]+|-+$/g, "")
    .slice(0, 63) || "model";

// What is said beside the bar.
function runningWords({ state, progress }) {
  if (state === "queued") return say("teach.queued");
  const known = typeof progress?.part === "number";
  const left = known ? timeLeft(progress.whole_seconds_left) : say("teach.starting");
  return [left, progress?.waiting ? say("teach.waiting") : ""].filter(Boolean).join(" · ");
}

export class TrainPane {
  // screen: {dataset(), classes(), attempt(work), trained(model)}
  constructor(screen) {
    this.screen = screen;
    this.job = null;
    this.source = null;
    this.shownResult = "";
    this.turn = 0; // of looking for trainings: what is answered too late is dropped
    this.build();
  }

  build() {
    this.advice = el("p.quiet").attr("id", "train-advice");
    this.start = el("button.button.primary.wide-button", say("teach.train")).attr({
      type: "button",
      "aria-describedby": "train-advice",
    });
    this.start.on("click", () => this.begin());
    this.model = input("text", { pattern: "[a-z0-9][a-z0-9_\\-]{0,62}", maxlength: 63 });
    this.recipe = select(said(RECIPES));
    this.strangers = select(said(STRANGERS));
    [this.several, this.isPrivate, this.baseline] = [0, 1, 2].map(() => input("checkbox"));
    const tick = (box, key) => el("label.tick", box, el("span", say(key)));
    this.more = el(
      "details",
      el("summary", say("teach.more")),
      el(
        "div.fields",
        field(say("teach.model-name"), this.model),
        field(say("teach.recipe"), this.recipe),
        field(say("teach.strangers"), this.strangers),
        tick(this.several, "teach.multi-label"),
        tick(this.isPrivate, "teach.private"),
        tick(this.baseline, "teach.baseline"),
      ),
    );
    this.running = el("div.running").attr("aria-live", "polite");
    this.result = el("div");
    this.element = el(
      "section.panel.pane",
      el("h2", say("teach.step-train")),
      this.advice,
      this.start,
      this.more,
      this.running,
      this.result,
    ).attr("id", "train-pane");
  }

  // What is missing, said before anybody presses the button.
  draw() {
    const classes = this.screen.classes();
    const filled = classes.filter(({ pictures }) => pictures >= FEWEST);
    const poor = classes.filter(({ pictures }) => pictures < FEWEST);
    const count = classes.reduce((sum, { pictures }) => sum + pictures, 0);
    const isReady = filled.length >= FEWEST && !poor.length;
    const marked = this.screen.marked();
    const ready = [
      say("teach.ready", { classes: classes.length, count }),
      marked ? say("teach.ready-marked", { count: marked }) : "",
    ];
    this.advice.text(
      isReady
        ? ready.filter(Boolean).join(" ")
        : poor.length && classes.length >= FEWEST
          ? say("teach.too-few", { names: listed(poor.map(({ name }) => nameOf(name))) })
          : say("teach.needs-two"),
    );
    const isOpen = this.job && ["queued", "running"].includes(this.job.state);
    this.start.prop("disabled", !isReady || Boolean(isOpen));
    this.start.text(this.shownResult ? say("teach.train-again") : say("teach.train"));
    this.model.attr("placeholder", modelNameOf(this.screen.dataset() ?? ""));
  }

  wanted() {
    return {
      dataset: this.screen.dataset(),
      model: this.model.val().trim() || modelNameOf(this.screen.dataset()),
      recipe: this.recipe.val() || null,
      ...(this.strangers.val() ? { fpir: Number(this.strangers.val()) } : {}),
      ...(this.several[0].checked ? { multi_label: true } : {}),
      ...(this.isPrivate[0].checked ? { private: true } : {}),
      ...(this.baseline[0].checked ? { baseline: true } : {}),
    };
  }

  begin() {
    this.turn += 1;
    this.screen.attempt(async () => {
      this.result.empty();
      this.follow(await send("POST", "api/jobs", this.wanted()));
    });
  }

  // The training of this data set that runs, or the last one that was done; why the last one failed.
  async find() {
    this.turn += 1;
    const { turn } = this;
    this.leave();
    this.job = null;
    this.shownResult = "";
    this.running.empty();
    this.result.empty();
    const { jobs } = await request("GET", "api/jobs");
    if (turn !== this.turn) return; // meanwhile a training was asked for, or another data set
    const mine = jobs.filter(
      ({ kind, arguments: asked }) => kind === "train" && asked.dataset === this.screen.dataset(),
    );
    const open = mine.find(({ state }) => state === "running" || state === "queued");
    if (open) this.follow(open);
    else {
      const done = mine.find(({ state }) => state === "done");
      if (done) await this.done(done);
      if (mine[0]?.state === "failed") await this.done(mine[0]);
    }
    this.draw();
  }

  follow(job) {
    this.leave();
    this.show(job);
    this.source = new EventSource(at(`api/jobs/${job.id}/events`));
    this.source.addEventListener("job", (event) => this.show(JSON.parse(event.data)));
    this.source.addEventListener("end", (event) => {
      this.leave();
      this.screen.attempt(() => this.done(JSON.parse(event.data)));
    });
    // After a break the browser connects again by itself, but not where it was refused.
    this.source.addEventListener("error", ({ target }) => {
      if (target === this.source && target.readyState === EventSource.CLOSED)
        this.later = setTimeout(() => this.follow(job), PATIENCE);
    });
  }

  leave() {
    clearTimeout(this.later);
    this.source?.close();
    this.source = null;
  }

  show(job) {
    this.job = job;
    if (!this.bar?.[0].isConnected) {
      this.bar = progressBar(say("teach.training"));
      this.stop = button(say("teach.stop-training"), () => this.cancel());
      this.running.empty().append(this.bar, el("div.actions", this.stop));
    }
    this.bar.set(job.progress?.part ?? null, runningWords(job));
    this.stop.prop("disabled", job.cancel);
    this.draw();
  }

  async cancel() {
    const yes = say("teach.stop-training");
    if (!(await sure(say("teach.stop-title"), say("teach.stop-detail"), yes))) return;
    this.screen.attempt(() => request("POST", `api/jobs/${this.job.id}/cancel`));
  }

  async done(job) {
    this.job = job;
    this.running.empty();
    if (job.state === "failed")
      this.running.append(el("p.remark", say("teach.failed")), el("p.quiet", failureOf(job)));
    if (job.state === "cancelled") this.running.append(el("p.quiet", say("teach.cancelled")));
    const version = job.result?.version;
    if (job.state === "done" && version) {
      const { model } = job.arguments;
      const waits = waitsOf(job.result);
      const promoted = () => this.screen.attempt(() => this.find());
      this.result.empty().append(await resultCard(model, version, waits, promoted));
      this.shownResult = model;
      this.screen.trained(model, waits);
    }
    this.draw();
  }
}
