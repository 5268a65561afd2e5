// The visitor's own camera as a stream in a <video>, and single frames out of it.

import { Trouble } from "../api.js";
import { possible, reasonOf, release } from "../camera.js";
import { say } from "../languages.js";

const LONGEST = 1280; // pixels of the longer side of a frame that is sent
const GOOD = 0.88; // quality of the JPEG

let stream = null;

// Show the camera of this id, or whichever the device prefers, in a video. lost(): called when it is
// taken away later. Rejects with Trouble.
export async function open(video, id, lost) {
  close(video);
  if (!possible()) throw new Trouble("camera", say("live.no-camera"), say("camera.https"));
  const which = id ? { deviceId: { exact: id } } : { facingMode: "user" };
  const size = { width: { ideal: 1280 }, height: { ideal: 960 } };
  try {
    stream = await navigator.mediaDevices.getUserMedia({
      video: { ...which, ...size },
      audio: false,
    });
    stream.getVideoTracks()[0].addEventListener("ended", lost);
    video.srcObject = stream;
    await video.play();
  } catch (error) {
    close(video);
    throw new Trouble("camera", say("live.no-camera"), reasonOf(error));
  }
}

export function close(video) {
  release(stream);
  stream = null;
  video.srcObject = null;
}

// Every camera, as [id, name]; the names are known only once one of them was allowed.
export async function cameras() {
  const devices = await navigator.mediaDevices.enumerateDevices();
  return devices
    .filter(({ kind }) => kind === "videoinput")
    .map(({ deviceId, label }, index) => [
      deviceId,
      label || say("live.camera-number", { number: String(index + 1) }),
    ]);
}

export const chosen = () => stream?.getVideoTracks()[0].getSettings().deviceId ?? "";

// What the camera sees now: {blob, time}, a JPEG.
export function frame(video) {
  const factor = Math.min(1, LONGEST / Math.max(video.videoWidth, video.videoHeight));
  const canvas = document.createElement("canvas");
  canvas.width = Math.round(video.videoWidth * factor);
  canvas.height = Math.round(video.videoHeight * factor);
  canvas.getContext("2d").drawImage(video, 0, 0, canvas.width, canvas.height);
  return new Promise((resolve, reject) =>
    canvas.toBlob(
      (blob) =>
        blob
          ? resolve({ blob, time: new Date() })
          : reject(new Trouble("broken", say("live.no-frame"), "")),
      "image/jpeg",
      GOOD,
    ),
  );
}
