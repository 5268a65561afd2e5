// The kiosk: what the camera sees, in large type, for a screen that everybody passes. It has no
// controls; the address says how often (?every=10) and which model (?model=name).

import { may, models, recognise, who } from "../api.js";
import { errorState, gateState } from "../components/states.js";
import { el } from "../dom.js";
import { say } from "../languages.js";
import { headline } from "../recognise/sentences.js";
import { whenBack } from "../screen.js";
import * as session from "../session.js";
import * as camera from "./camera-stream.js";
import { createPace } from "./pace.js";
import * as seen from "./seen.js";
import * as shots from "./shots.js";

const $ = window.jQuery;
const FEW = 5; // of whom it was seen last
const CAMERA_AGAIN = 10000; // milliseconds between two tries of a camera that is not there
const wishes = new URLSearchParams(location.search);
const seconds = Number(wishes.get("every") ?? 10);
const EVERY = Number.isFinite(seconds) ? Math.min(60, Math.max(0, seconds)) : 10;

const video = $("#viewfinder")[0];
let model = null;
let shown = null;

function tell(title, note = "", tone = "") {
  $("#kiosk").attr("data-tone", tone);
  $("#headline").text(title);
  $("#note").text(note);
}

function instead(...content) {
  $("#instead").empty().append(content);
  $("#kiosk").prop("hidden", content.length > 0);
}

function drawSeen() {
  const lines = seen
    .latest(FEW)
    .map(([name, time]) => el("li", el("span", name), el("span.quiet", time)));
  $("#log").empty().append(lines);
}

async function look() {
  const { blob, time } = await camera.frame(video);
  const answer = await recognise(blob, model.name);
  if (shown) URL.revokeObjectURL(shown.url);
  shown = { url: URL.createObjectURL(blob), time, answer };
  shots.show(shown, $("#live-frame"));
  seen.add(answer.regions, time);
  drawSeen();
  const good = answer.regions.some(({ label }) => label !== null);
  tell(headline(answer.regions, model.subject), shots.clock(time), good ? "good" : "unsure");
}

const pace = createPace({
  every: EVERY,
  look,
  ended: (error) => (error.kind === "denied" ? session.refresh() : failed(error)),
  paced({ rest }) {
    if (rest) tell(say("live.resting", { count: Math.round(rest) }), "", "unsure");
  },
});

async function openCamera() {
  try {
    await camera.open(video, wishes.get("camera") ?? "", () => {
      pace.pause();
      openCamera();
    });
    $("#live-frame").addClass("open");
    pace.start();
  } catch (error) {
    tell(error.title, error.detail, "trouble");
    setTimeout(openCamera, CAMERA_AGAIN);
  }
}

function failed(error) {
  instead(errorState(error, () => location.reload()));
  whenBack(() => location.reload());
}

async function begin() {
  const { good } = await models();
  model = good.find(({ name }) => name === wishes.get("model")) ?? good[0];
  if (!model) {
    tell(say("recognise.no-model"), say("live.no-model.do"), "trouble");
    return;
  }
  tell(say("camera.waiting"), "", "working");
  await openCamera();
  navigator.wakeLock?.request("screen").catch(() => {}); // only a wish
}

// Everybody can reach this screen, so a key that may do more is not left in it.
function open() {
  pace.pause();
  if (who.via === "session" && may("train")) {
    instead(gateState("kiosk", who, session.ask));
  } else if (!may("predict")) {
    instead(gateState("predict", who, session.ask));
  } else {
    instead();
    begin().catch(failed);
  }
}

session.start(open).catch(failed);
