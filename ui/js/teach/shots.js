// Being photographed by the webcam, twice a second for as long as a button is held.

import { button, el } from "../dom.js";
import { say } from "../languages.js";

const REASONS = {
  NotAllowedError: "teach.camera-refused",
  NotFoundError: "teach.camera-absent",
  NotReadableError: "teach.camera-taken",
};
const reasonOf = (error) => say(REASONS[error.name] ?? "teach.camera-failed");
const EVERY = 500; // milliseconds
const LONGEST = 1280; // pixels

function shot(video, number) {
  const factor = Math.min(1, LONGEST / Math.max(video.videoWidth, video.videoHeight));
  const canvas = document.createElement("canvas");
  canvas.width = Math.round(video.videoWidth * factor);
  canvas.height = Math.round(video.videoHeight * factor);
  canvas.getContext("2d").drawImage(video, 0, 0, canvas.width, canvas.height);
  return new Promise((resolve) =>
    canvas.toBlob(
      (blob) => resolve(new File([blob], `camera-${number}.jpg`, { type: "image/jpeg" })),
      "image/jpeg",
      0.92,
    ),
  );
}

// The camera as an element. take(file) gets each picture; close() was pressed. It has .end(), which
// lets go of the camera.
export function shots(take, close) {
  const video = el("video.viewfinder").prop({ muted: true, playsInline: true, autoplay: true });
  const hold = el("button.button.primary", say("teach.hold")).attr("type", "button");
  const note = el("p.quiet", say("teach.camera-waits")).attr("role", "status");
  const shown = el(
    "div.shots",
    video,
    el("div.actions", hold.prop("disabled", true), button(say("teach.camera-close"), close)),
    note,
  );
  let stream = null;
  let ended = false;
  let timer = 0;
  let taken = 0;

  const release = () => {
    clearInterval(timer);
    timer = 0;
    hold.removeClass("held");
  };
  const press = () => {
    if (timer || !stream) return;
    hold.addClass("held");
    const next = async () => {
      taken += 1;
      note.text(say("teach.shots", { count: taken }));
      take(await shot(video[0], taken));
    };
    next();
    timer = setInterval(next, EVERY);
  };
  const isKey = (event) => event.key === " " || event.key === "Enter";
  hold
    .on("pointerdown", (event) => {
      hold[0].setPointerCapture?.(event.pointerId);
      press();
    })
    .on("pointerup pointercancel lostpointercapture blur", release)
    .on("contextmenu", (event) => event.preventDefault()) // a long touch
    .on("keydown", (event) => {
      if (!isKey(event)) return;
      event.preventDefault();
      press();
    })
    .on("keyup", (event) => isKey(event) && release());

  async function begin() {
    if (!navigator.mediaDevices?.getUserMedia) {
      note.text(say("teach.camera-https"));
      return;
    }
    try {
      const given = await navigator.mediaDevices.getUserMedia({ video: true, audio: false });
      if (ended) {
        for (const track of given.getTracks()) track.stop();
        return;
      }
      stream = given;
      video[0].srcObject = given;
      await video[0].play();
      hold.prop("disabled", false).trigger("focus");
      note.text(say("teach.hold-how"));
    } catch (error) {
      note.text(reasonOf(error));
    }
  }
  shown.end = () => {
    ended = true;
    release();
    for (const track of stream?.getTracks() ?? []) track.stop();
  };
  begin();
  return shown;
}
