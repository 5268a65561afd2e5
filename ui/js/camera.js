// A picture from the camera. When the browser or the person says no, it says why and what else
// works.

import { say } from "./languages.js";

const $ = window.jQuery;

let stream = null;
let facing = "user";
let deliver = () => {};

const REASONS = {
  NotAllowedError: "camera.refused",
  NotFoundError: "camera.none",
  OverconstrainedError: "camera.no-such",
  NotReadableError: "camera.in-use",
};

// Why there is no picture from the camera, and what else works.
export function reasonOf(error) {
  if (error.name in REASONS) return say(REASONS[error.name]);
  return say("camera.failed", { reason: String(error.name || error) });
}

// Whether the browser would give a camera at all: only https pages and localhost get one.
export const possible = () => Boolean(navigator.mediaDevices?.getUserMedia);

function tell(text) {
  $("#camera-note").text(text);
}

export function release(camera) {
  for (const track of camera?.getTracks() ?? []) track.stop();
}

function halt() {
  release(stream);
  stream = null;
  $("#viewfinder")[0].srcObject = null;
  $("#shoot").prop("disabled", true);
}

async function begin() {
  halt();
  if (!possible()) {
    tell(`${say("camera.https")} ${say("camera.phone")}`);
    return;
  }
  tell(say("camera.waiting"));
  try {
    const wanted = {
      video: { facingMode: facing, width: { ideal: 1280 }, height: { ideal: 960 } },
      audio: false,
    };
    const given = await navigator.mediaDevices.getUserMedia(wanted);
    if (!$("#camera-dialog")[0].open) {
      release(given);
      return;
    }
    stream = given;
    const video = $("#viewfinder").toggleClass("mirrored", facing === "user")[0];
    video.srcObject = stream;
    await video.play();
    $("#shoot").prop("disabled", false).trigger("focus");
    const devices = await navigator.mediaDevices.enumerateDevices();
    $("#turn-camera").prop(
      "hidden",
      devices.filter((device) => device.kind === "videoinput").length < 2,
    );
    tell("");
  } catch (error) {
    halt();
    tell(reasonOf(error));
  }
}

function shoot() {
  const video = $("#viewfinder")[0];
  const canvas = document.createElement("canvas");
  canvas.width = video.videoWidth;
  canvas.height = video.videoHeight;
  canvas.getContext("2d").drawImage(video, 0, 0);
  canvas.toBlob(
    (blob) => {
      $("#camera-dialog")[0].close();
      deliver([new File([blob], "camera.jpg", { type: "image/jpeg" })]);
    },
    "image/jpeg",
    0.92,
  );
}

// Wire the dialog; `take(files)` gets the picture.
export function start(take) {
  deliver = take;
  const dialog = $("#camera-dialog");
  $("#camera").on("click", () => {
    dialog[0].showModal();
    begin();
  });
  $("#shoot").on("click", shoot);
  $("#turn-camera").on("click", () => {
    facing = facing === "user" ? "environment" : "user";
    begin();
  });
  $("#close-camera").on("click", () => dialog[0].close());
  dialog.on("close", halt);
}
