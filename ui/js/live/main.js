// Live: the visitor's own camera, a frame at a pace, and what was seen.

import { models, recognise } from "../api.js";
import { emptyState } from "../components/states.js";
import { say } from "../languages.js";
import { caution, headline } from "../recognise/sentences.js";
import * as screen from "../screen.js";
import * as camera from "./camera-stream.js";
import * as cameras from "./cameras.js";
import { createPace } from "./pace.js";
import * as seen from "./seen.js";
import * as shots from "./shots.js";

const $ = window.jQuery;
const EVERY = [0, 1, 2, 5, 10, 20, 30, 60]; // seconds
const FIRST = 10;

const video = $("#viewfinder")[0];
let model = null;
let known = [];

function tell(title, note = "", tone = "") {
  $("#live-answer").attr("data-tone", tone);
  $("#headline").text(title);
  $("#note").text(note).prop("hidden", !note);
}

async function look() {
  const asked = model;
  const { blob, time } = await camera.frame(video);
  const answer = await recognise(blob, asked.name);
  const shot = { url: URL.createObjectURL(blob), time, answer };
  const { regions } = answer;
  shots.show(shot, $("#live-frame"));
  shots.remember(shot, $("#strip"), asked.subject);
  seen.add(regions, time);
  seen.draw($("#log"));
  $("#last-answers, #seen").prop("hidden", false);
  const good = regions.some(({ label }) => label !== null);
  tell(headline(regions, asked.subject), caution(asked), good ? "good" : "unsure");
}

const pace = createPace({
  every: FIRST,
  look,
  ended(error) {
    tell(error.title, error.detail, "trouble");
    drawButtons();
  },
  paced({ rest, took }) {
    const slow = took > Number($("#every").val()) && Number($("#every").val()) > 0;
    let words = "";
    if (rest) words = say("live.resting", { count: Math.round(rest) });
    else if (slow) words = say("live.slow", { count: Math.round(took) });
    $("#pace").text(words).prop("hidden", !words);
  },
});

function drawButtons() {
  const open = Boolean(video.srcObject);
  $("#start").prop("hidden", open);
  $("#pause")
    .prop("hidden", !open)
    .text(say(pace.on ? "live.pause" : "live.go-on"));
  $("#stop").prop("hidden", !open);
  $("#live-frame").toggleClass("open", open);
}

async function drawCameras() {
  const all = await camera.cameras();
  $("#which")
    .empty()
    .append(all.map(([id, name]) => $("<option>").val(id).text(name)))
    .val(camera.chosen());
  $("#camera-choice").prop("hidden", all.length < 2);
}

async function start(id = "") {
  tell(say("camera.waiting"), "", "working");
  try {
    await camera.open(video, id, stop);
    await drawCameras();
    tell(say("live.looking"), "", "working");
    pace.start();
  } catch (error) {
    if (!error.title) console.error(error);
    tell(error.title ?? say("state.broken"), error.detail ?? String(error), "trouble");
  }
  drawButtons();
}

function stop() {
  pace.pause();
  camera.close(video);
  tell(say("live.stopped"), say("live.stopped.note"));
  drawButtons();
}

function pauseOrGoOn() {
  if (pace.on) pace.pause();
  else pace.start();
  drawButtons();
}

function drawPicker() {
  $("#model")
    .empty()
    .append(known.map((one, index) => $("<option>").val(index).text(one.name)));
  $("#model-picker").prop("hidden", known.length < 2);
}

async function draw() {
  const { good } = await models();
  known = good;
  model = good[0] ?? null;
  drawPicker();
  cameras.start();
  $("#watching").prop("hidden", !model);
  $("#no-model").empty();
  if (!model) $("#no-model").append(emptyState(say("recognise.no-model"), say("live.no-model.do")));
}

function wire() {
  $("#every").append(
    EVERY.map((seconds) =>
      $("<option>")
        .val(seconds)
        .text(seconds ? say("live.seconds", { count: seconds }) : say("live.at-once")),
    ),
  );
  $("#every")
    .val(FIRST)
    .on("change", () => pace.set(Number($("#every").val())));
  $("#model").on("change", () => {
    model = known[$("#model").val()];
  });
  $("#start").on("click", () => start());
  $("#stop").on("click", stop);
  $("#pause").on("click", pauseOrGoOn);
  $("#which").on("change", () => start($("#which").val()));
  window.addEventListener("pagehide", () => camera.close(video));
}

wire();
screen.start("live", draw);
