// Recognise: pictures come in, the server is asked about one after the other, answers are drawn.
// State lives here alone.

import { Abandoned, may, models, ready, recognise, Trouble } from "../api.js";
import * as camera from "../camera.js";
import { say } from "../languages.js";
import * as pageHead from "../page-head.js";
import { at } from "../root.js";
import * as session from "../session.js";
import { sizeOf } from "../words.js";
import * as answer from "./answer.js";
import { offerCommand, showCommand } from "./command.js";
import * as corrections from "./corrections.js";
import { drawCrops } from "./crops.js";
import * as intake from "./intake.js";
import * as people from "./people.js";
import { aboutStrangers, caution, greeting, headline, nothingFound } from "./sentences.js";
import * as sheet from "./sheet.js";
import { fitting } from "./shrink.js";
import * as stage from "./stage.js";
import { whyFor } from "./why.js";

const $ = window.jQuery;
const RETRY_EVERY = 4000; // milliseconds between looks for a server that went away
// Tries of one picture: a server that is back and goes away again does so because of the picture.
const TRIES = 3;
const PATIENCE = 1200; // milliseconds before a slow answer shows its progress and can be stopped

// items: the pictures, each {file, address, name, url, status, answer, error, sent, note, tries};
// status: "waiting", "looking", "done", "trouble", "stopped". at: the open one. running: the
// request under way.
const state = {
  items: [],
  at: 0,
  running: null,
  chosen: 0,
  models: [],
  model: null,
  asking: { picture_bytes: Number.POSITIVE_INFINITY, pixels: Number.POSITIVE_INFINITY },
  watch: null,
  patience: null,
};
const current = () => state.items[state.at];

function choose(index) {
  const item = current();
  const { model } = state;
  const region = item.answer.regions[index];
  state.chosen = index;
  stage.choose(index);
  const context = {
    answer: item.answer,
    region,
    file: item.sent ?? null,
    labels: model.labels,
    subject: model.subject,
    several: model.multi_label,
  };
  const extras = [whyFor(region, item, model), corrections.panelFor(context)];
  answer.drawRegion(region, index, model, extras);
  people.light(item.answer.regions, index);
}

function pickChosen(regions) {
  const known = regions.findIndex((region) => region.label !== null);
  return Math.max(0, known);
}

function drawAnswer(item) {
  const { regions, picture } = item.answer;
  const subject = state.model?.subject;
  const named = regions.filter((region) => region.label !== null);
  const good = named.some((region) => region.probability >= 0.5);
  const note = regions.length ? "" : nothingFound(subject);
  answer.show(headline(regions, subject), note, good ? "good" : "unsure");
  if (item.note) answer.remind(item.note);
  if (!regions.length) return;
  $("#caution").prop("hidden", !named.length || !caution(state.model));
  drawCrops(regions, picture, choose);
  stage.drawBoxes(regions, picture, choose);
  choose(pickChosen(regions));
  bringIntoView();
}

// On a phone the answer may lie below the picture.
function bringIntoView() {
  const { top, height } = $("#headline")[0].getBoundingClientRect();
  if (top + height > window.innerHeight) $("#answer")[0].scrollIntoView({ block: "end" });
}

function waitForServer(again) {
  clearTimeout(state.watch);
  state.watch = setTimeout(() => {
    ready().then(again, () => waitForServer(again));
  }, RETRY_EVERY);
}

// again: what "Try again" does; keepTrying: whether the page does it by itself
function drawTrouble(error, again, keepTrying = false) {
  const detail = keepTrying ? `${error.detail} ${say("recognise.keep-trying")}` : error.detail;
  answer.show(error.title, detail, "trouble");
  if (["not_a_picture", "too_big", "refused"].includes(error.kind)) stage.clearUnseen();
  if (["away", "busy", "broken", "no_model"].includes(error.kind))
    answer.offer(say("state.again"), again);
  if (error.kind === "denied") answer.offer(say("session.sign-in"), session.ask);
}

function unexpected(error) {
  console.error(error);
  return new Trouble("broken", say("state.broken"), String(error.message || error));
}

const troubleOf = (error) => (error instanceof Trouble ? error : unexpected(error));

// Draw the open picture as far as it is answered.
function draw() {
  const item = current();
  answer.clear();
  stage.clearBoxes();
  stage.working(item.status === "looking");
  people.light([], -1);
  $("#caution").prop("hidden", true);
  sheet.update(state.items, state.at, state.model?.subject);
  if (item.status === "done") drawAnswer(item);
  else if (item.status === "trouble") drawTrouble(item.error, () => askAgain(item), item.again);
  else if (item.status === "stopped") {
    answer.show(say("recognise.stopped"), say("recognise.stopped.note"), "unsure");
    answer.offer(say("state.again"), () => askAgain(item));
  } else answer.show(say("recognise.looking"), "", "working");
}

function update(item) {
  if (item === current()) draw();
  else sheet.update(state.items, state.at, state.model?.subject);
}

function askAgain(item) {
  if (!state.items.includes(item)) return;
  item.status = "waiting";
  update(item);
  run();
}

// Of what waits, the open picture comes first.
function nextItem() {
  const waits = (item) => item?.status === "waiting";
  return waits(current()) ? current() : state.items.find(waits);
}

// Ask about whatever waits, one after the other.
function run() {
  if (state.running || !state.model) return;
  const item = nextItem();
  if (!item) return;
  const turn = { item, asking: null };
  state.running = turn;
  lookAt(turn).finally(() => {
    if (state.running !== turn) return;
    state.running = null;
    run();
  });
}

async function lookAt(turn) {
  const { item } = turn;
  const due = () => state.running === turn;
  item.status = "looking";
  update(item);
  clearTimeout(state.patience);
  state.patience = setTimeout(() => item.status === "looking" && waitFor(item), PATIENCE);
  try {
    await prepare(item);
    if (!due()) return;
    turn.asking = recognise(item.address ?? item.sent, state.model.name, {}, (part) =>
      sentPart(item, part),
    );
    item.answer = await turn.asking;
    await item.shown;
    if (!due()) return;
    item.status = "done";
    item.tries = 0;
  } catch (error) {
    await item.shown;
    if (!due() || error instanceof Abandoned) return;
    failed(item, troubleOf(error));
  }
  clearTimeout(state.patience);
  update(item);
}

async function prepare(item) {
  if (item.address || item.sent) return;
  const { file, note } = await fitting(item, state.asking);
  Object.assign(item, { sent: file, note });
}

function failed(item, error) {
  Object.assign(item, { status: "trouble", error });
  item.again = error.kind === "away" && item.tries++ < TRIES;
  if (item.again) waitForServer(() => askAgain(item));
}

function sentPart(item, part) {
  if (item === current()) answer.sent(part);
}

function waitFor(item) {
  if (item === current()) answer.wait(() => stop(item));
}

function stop(item) {
  const { asking } = state.running ?? {};
  state.running = null;
  item.status = "stopped";
  asking?.abort();
  update(item);
  run();
}

// Nothing that was asked before is waited for any longer.
function forget() {
  const { asking } = state.running ?? {};
  state.running = null;
  asking?.abort();
  clearTimeout(state.watch);
  clearTimeout(state.patience);
  corrections.forget();
  for (const item of state.items) {
    if (item.status !== "waiting")
      Object.assign(item, { status: "waiting", answer: null, tries: 0 });
  }
}

function open(index) {
  state.at = index;
  const item = current();
  if (item.address) {
    stage.showAddress();
    item.shown = Promise.resolve();
  } else {
    item.shown = stage.show(item.url);
  }
  $("#file-name").text(item.name);
  $("#file-size").text(item.file ? sizeOf(item.file.size) : "");
  draw();
  if (item.status === "done") item.shown.then(() => item === current() && draw());
}

function begin(items) {
  forget();
  for (const { url } of state.items) if (url) URL.revokeObjectURL(url);
  state.items = items;
  sheet.draw(items, open);
  $("#pick").text(say("recognise.another"));
  $("#sample").prop("hidden", true);
  open(0);
  run();
}

const itemOf = (file) => ({
  file,
  name: file.name,
  url: URL.createObjectURL(file),
  status: "waiting",
  tries: 0,
});

const take = (files) => begin(files.map(itemOf));
const takeAddress = (address) =>
  begin([{ address, name: address, url: null, status: "waiting", tries: 0 }]);

// What was no picture takes nothing away from the one that is there.
function refuse(title, detail) {
  if (state.items.length) answer.remind(`${title} ${detail}`);
  else answer.show(title, detail, "trouble");
}

async function takeSample() {
  const answered = await fetch(at("api/sample"));
  if (!answered.ok) return refuse(say("recognise.no-sample"), "");
  take([new File([await answered.blob()], "astronaut.jpg", { type: "image/jpeg" })]);
}

function useModel(model) {
  state.model = model;
  people.setLabels(model.labels);
  people.showExamples(model.dataset).catch(() => {}); // initials do as well
  const words = greeting(model.subject);
  $("#people-title").text(words.cards);
  $("#caution").text(caution(model));
  $("#hint-strangers").text(aboutStrangers(model));
  if (!state.items.length) answer.show(words.title, words.note);
  $("#model-chip")
    .text(model.name)
    .prop("hidden", state.models.length > 1);
  $("#model").val(state.models.indexOf(model));
  showCommand(model);
  if (!state.items.length) return;
  forget();
  draw();
  run();
}

function drawPicker() {
  const options = state.models.map((model, index) => $("<option>").val(index).text(model.name));
  $("#model").empty().append(options);
  $("#model-picker").prop("hidden", state.models.length < 2);
}

async function loadModels() {
  try {
    const { good, broken, asking } = await models();
    Object.assign(state, { models: good, asking });
    if (!good.length && broken.length)
      throw new Trouble("no_model", say("trouble.broken-model"), broken[0].detail);
  } catch (error) {
    const trouble = troubleOf(error);
    drawTrouble(trouble, loadModels, trouble.kind === "away");
    if (trouble.kind === "away") waitForServer(loadModels);
    return;
  }
  $("#address-form").prop("hidden", !state.asking.addresses);
  $("#sample").prop("hidden", !state.models.length || state.items.length > 0);
  if (!state.models.length) leadToOne();
  else {
    drawPicker();
    useModel(asked() ?? state.models[0]);
  }
}

function leadToOne() {
  answer.show(say("recognise.no-model"), say("recognise.no-model.do"), "trouble");
  const first = pageHead.allowed().find(({ role }) => role === "train");
  if (first) answer.offer(say("recognise.teach-one"), () => location.assign(at(first.path)));
  else answer.offer(say("session.sign-in"), session.ask);
}

// The address may name a model, as in ./#family.
const asked = () =>
  state.models.find((model) => `#${encodeURIComponent(model.name)}` === location.hash);

// The models need a role as well; whoever has none is asked for a key.
function signedInOrOut() {
  if (may("predict") && !state.models.length) loadModels();
  else if (!may("predict")) {
    const words = [say("trouble.asks-for-key"), say("trouble.no-key.do")];
    drawTrouble(new Trouble("denied", ...words), session.ask);
  } else if (current()?.answer?.regions.length) choose(state.chosen);
}

function wireAddress() {
  $("#address-form").on("submit", (event) => {
    event.preventDefault();
    takeAddress($("#address").val().trim());
  });
}

function start() {
  pageHead.draw("recognise");
  $("#model").on("change", (event) => {
    const model = state.models[event.target.value];
    history.replaceState(null, "", `#${encodeURIComponent(model.name)}`);
    useModel(model);
  });
  $("#sample").on("click", () => takeSample().catch(() => refuse(say("recognise.no-sample"), "")));
  intake.start(take, refuse);
  camera.start(take);
  people.start();
  wireAddress();
  showCommand(null);
  offerCommand();
  const begin = () =>
    session.start(signedInOrOut).catch((error) => {
      drawTrouble(troubleOf(error), begin, error.kind === "away");
      if (error.kind === "away") waitForServer(begin);
    });
  begin();
}

if ($) {
  start();
} else {
  document.getElementById("headline").textContent = say("trouble.incomplete");
  document.getElementById("note").textContent = say("trouble.no-jquery");
}
