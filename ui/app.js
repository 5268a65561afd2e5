// Wires the page: a picture comes in, the server is asked, the answer is drawn. State lives here
// alone.

import * as answer from "./js/answer.js";
import { Abandoned, may, models, ready, recognise, Trouble } from "./js/api.js";
import * as camera from "./js/camera.js";
import * as corrections from "./js/corrections.js";
import * as intake from "./js/intake.js";
import * as pageHead from "./js/page-head.js";
import * as people from "./js/people.js";
import * as session from "./js/session.js";
import * as stage from "./js/stage.js";
import {
  aboutStrangers,
  caution,
  greeting,
  headline,
  NOTHING_FOUND,
  sizeOf,
  withNames,
} from "./js/words.js";

const $ = window.jQuery;
const RETRY_EVERY = 4000; // milliseconds between looks for a server that went away
// Tries of one picture: a server that is back and goes away again does so because of the picture.
const TRIES = 3;
const PATIENCE = 1200; // milliseconds before a slow answer shows its progress and can be stopped

const state = {
  file: null,
  rest: [],
  tries: 0,
  asking: null,
  answer: null,
  chosen: 0,
  models: [],
  model: null,
  watch: null,
  patience: null,
};

function choose(index) {
  const { regions } = state.answer;
  const region = regions[index];
  state.chosen = index;
  stage.choose(index);
  const context = {
    answer: state.answer,
    region,
    file: state.file,
    labels: state.model.labels,
    subject: state.model.subject,
    several: state.model.multi_label,
  };
  answer.drawRegion(region, index, context.several, [why(region), corrections.panelFor(context)]);
  people.light(regions, index);
}

// A button that asks once more, with the heatmap of this region.
function why(region) {
  const place = $("<div class='why'>");
  const button = $("<button type='button' class='button small'>")
    .text("Why?")
    .on("click", async () => {
      button.prop("disabled", true).text("Looking closer …");
      try {
        const { explanation, why: sentence } = await recognise(state.file, state.model.name, {
          explain: true,
          region: region.index,
        });
        if (!explanation) throw new Trouble("none", "No reason can be shown for this one.");
        const heat = `What counted for ${answer.labelOf(region)}: the warmer, the more.`;
        const words = `${heat} ${withNames(sentence ?? "")}`;
        place
          .empty()
          .append(
            $("<figure>").append(
              $("<img alt=''>").attr("src", explanation),
              $("<figcaption class='quiet'>").text(words),
            ),
          );
      } catch (error) {
        place
          .empty()
          .append($("<p class='quiet' role='status'>").text(error.detail || error.title));
      }
    });
  return place.append(button);
}

function pickChosen(regions) {
  const known = regions.findIndex((region) => region.label !== null);
  return Math.max(0, known);
}

function drawAnswer(result) {
  state.answer = result;
  const subject = state.model?.subject;
  if (!result.regions.length) {
    answer.say(headline([], subject), NOTHING_FOUND[subject] || NOTHING_FOUND.face, "unsure");
    people.light([], -1);
    return;
  }
  const named = result.regions.filter((region) => region.label !== null);
  answer.say(
    headline(result.regions, subject),
    "",
    named.some((region) => region.probability >= 0.5) ? "good" : "unsure",
  );
  $("#caution").prop("hidden", !named.length || !caution(state.model));
  answer.drawChips(result.regions, choose);
  stage.drawBoxes(result.regions, result.picture, choose);
  choose(pickChosen(result.regions));
  bringIntoView();
}

// On a phone the answer may lie below the picture.
function bringIntoView() {
  const { top, height } = $("#headline")[0].getBoundingClientRect();
  if (top + height > window.innerHeight) $("#answer")[0].scrollIntoView({ block: "end" });
}

function forget() {
  state.asking?.abort();
  state.asking = null;
  clearTimeout(state.watch);
  clearTimeout(state.patience);
  state.answer = null;
  $("#caution").prop("hidden", true);
  stage.clearBoxes();
  stage.working(false);
  answer.clear();
  corrections.forget();
  people.light([], -1);
}

function waitForServer(again) {
  clearTimeout(state.watch);
  state.watch = setTimeout(() => {
    ready().then(again, () => waitForServer(again));
  }, RETRY_EVERY);
}

function drawTrouble(error, again) {
  const keepTrying = error.kind === "away" && state.tries++ < TRIES;
  answer.say(error.title, keepTrying ? `${error.detail} I keep trying.` : error.detail, "trouble");
  if (["not_a_picture", "too_big", "refused"].includes(error.kind)) stage.clearUnseen();
  if (["away", "busy", "broken", "no_model"].includes(error.kind)) answer.offer("Try again", again);
  if (error.kind === "denied") answer.offer("Sign in", session.ask);
  if (keepTrying) waitForServer(again);
}

function unexpected(error) {
  console.error(error);
  return new Trouble(
    "broken",
    "Something went wrong on this page.",
    String(error.message || error),
  );
}

async function ask() {
  forget();
  const file = state.file;
  answer.say("Looking …", "", "working");
  stage.working(true);
  const asking = recognise(file, state.model?.name, {}, answer.sent);
  state.asking = asking;
  state.patience = setTimeout(() => answer.wait(stop), PATIENCE);
  try {
    const result = await asking;
    await state.shown;
    if (state.asking === asking) drawAnswer(result);
  } catch (error) {
    await state.shown;
    if (error instanceof Abandoned || state.asking !== asking) return;
    drawTrouble(error instanceof Trouble ? error : unexpected(error), ask);
  } finally {
    if (state.asking === asking) {
      clearTimeout(state.patience);
      stage.working(false);
    }
  }
}

function stop() {
  forget();
  answer.say("Stopped.", "The picture was not looked at to the end.", "unsure");
  answer.offer("Try again", ask);
}

// One picture at a time; of several, the others wait behind a button.
function take([file, ...others]) {
  state.file = file;
  state.tries = 0;
  state.rest = others;
  $("#next").text(`Next picture (${others.length} more)`).prop("hidden", !others.length);
  state.shown = stage.show(file);
  $("#file-name").text(file.name);
  $("#file-size").text(sizeOf(file.size));
  $("#pick").text("Another picture");
  ask();
}

// What was no picture takes nothing away from the one that is there.
function refuse(title, detail) {
  if (state.file) answer.remind(`${title} ${detail}`);
  else answer.say(title, detail, "trouble");
}

function useModel(model) {
  state.model = model;
  people.setLabels(model.labels);
  const words = greeting(model.subject);
  $("#people-title").text(words.cards);
  $("#caution").text(caution(model));
  $("#hint-strangers").text(aboutStrangers(model));
  if (!state.file) answer.say(words.title, words.note);
  $("#model-chip")
    .text(model.name)
    .prop("hidden", state.models.length > 1);
  $("#model").val(state.models.indexOf(model));
  showCommand();
  if (state.file) ask();
}

function drawPicker() {
  const options = state.models.map((model, index) => $("<option>").val(index).text(model.name));
  $("#model").empty().append(options);
  $("#model-picker").prop("hidden", state.models.length < 2);
}

async function loadModels() {
  try {
    const { good, broken } = await models();
    state.models = good;
    if (!good.length && broken.length)
      throw new Trouble("no_model", "The model cannot answer.", broken[0].detail);
  } catch (error) {
    drawTrouble(error instanceof Trouble ? error : unexpected(error), loadModels);
    return;
  }
  if (!state.models.length) {
    answer.say(
      "No model is trained yet.",
      "Give me pictures of the people I should know, a dozen each, under “Manage”. Or put them " +
        "in folders and run: make train DATA=folder NAME=name",
      "trouble",
    );
    answer.offer(
      may("train") ? "Manage" : "Sign in",
      may("train") ? () => location.assign("admin.html#datasets") : session.ask,
    );
    return;
  }
  drawPicker();
  useModel(asked() ?? state.models[0]);
}

// The address may name a model, as in ./#family.
const asked = () =>
  state.models.find((model) => `#${encodeURIComponent(model.name)}` === location.hash);

// The model is named where another one would answer.
function showCommand() {
  const target = new URL("api/classify_image", document.baseURI);
  if (state.model && !state.model.default) target.searchParams.set("model", state.model.name);
  $("#curl").text(`base64 < photo.jpg | curl -s '${target.href}' --data-urlencode image_data@-`);
}

function offerCommand() {
  $("#copy-curl").on("click", async (event) => {
    try {
      await navigator.clipboard.writeText($("#curl").text());
      $(event.target).text("Copied");
    } catch {
      getSelection().selectAllChildren($("#curl")[0]);
      $(event.target).text("Selected: press Ctrl+C");
    }
  });
}

function start() {
  $("#next").on("click", () => take(state.rest));
  $("#model").on("change", (event) => {
    history.replaceState(null, "", `#${encodeURIComponent(state.models[event.target.value].name)}`);
    useModel(state.models[event.target.value]);
  });
  intake.start(take, refuse);
  camera.start(take);
  people.start();
  showCommand();
  offerCommand();
  session.start(signedInOrOut).catch((error) => drawTrouble(error, () => location.reload()));
}

// The models need a role as well; whoever has none is asked for a key.
function signedInOrOut() {
  if (may("predict") && !state.models.length) loadModels();
  else if (!may("predict"))
    drawTrouble(
      new Trouble("denied", "This server asks for a key.", "Whoever runs it can give you one."),
      session.ask,
    );
  else if (state.answer?.regions.length) choose(state.chosen);
}

if ($) {
  pageHead.draw("recognise");
  start();
} else {
  document.getElementById("headline").textContent = "The page is incomplete.";
  document.getElementById("note").textContent =
    "ui/vendor/ has no jQuery: run make setup, then reload.";
}
