// A picture from the camera. When the browser or the person says no, it says why and what else
// works.

const $ = window.jQuery;

let stream = null;
let facing = "user";
let deliver = () => {};

const REASONS = {
  NotAllowedError:
    "The browser may not use the camera. Allow it in the address bar, or choose a picture instead.",
  NotFoundError: "This device has no camera that the browser can see. Choose a picture instead.",
  OverconstrainedError: "This device has no such camera.",
  NotReadableError: "The camera is in use by another program. Close that one and try again.",
};

export function reasonOf(error) {
  return (
    REASONS[error.name] ||
    `The camera did not start (${error.name || error}). Choose a picture instead.`
  );
}

function say(text) {
  $("#camera-note").text(text);
}

function release(camera) {
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
  if (!navigator.mediaDevices?.getUserMedia) {
    say(
      "Browsers give the camera only to https pages and to localhost. On a phone, “Choose a " +
        "picture” offers the camera too.",
    );
    return;
  }
  say("Waiting for the camera …");
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
    say("");
  } catch (error) {
    halt();
    say(reasonOf(error));
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
