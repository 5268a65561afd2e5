// Pictures over the server's limits, made smaller in the browser before they are sent.

import { say } from "../languages.js";
import { sizeOf } from "../words.js";

const GOOD = 0.92; // quality of the JPEG
const WORTH_A_LOOK = 1_000_000; // bytes: below that, no picture is decoded only to learn its size

async function decoded(file) {
  try {
    return await createImageBitmap(file);
  } catch {
    return null; // the browser cannot; the server may, or says why not
  }
}

function drawn(bitmap, factor) {
  const canvas = document.createElement("canvas");
  canvas.width = Math.max(1, Math.floor(bitmap.width * factor));
  canvas.height = Math.max(1, Math.floor(bitmap.height * factor));
  canvas.getContext("2d").drawImage(bitmap, 0, 0, canvas.width, canvas.height);
  return new Promise((resolve) =>
    canvas.toBlob((blob) => resolve({ blob, canvas }), "image/jpeg", GOOD),
  );
}

const LEAST = 0.05; // of a side: below that nothing could be found any more

// The picture as it may be sent: {file, note}; note: what was done to it, or "".
// asking: the server's limits (picture_bytes, pixels)
export async function fitting(file, asking) {
  const tooHeavy = file.size > asking.picture_bytes;
  if (!tooHeavy && file.size < Math.min(WORTH_A_LOOK, asking.pixels / 100))
    return { file, note: "" };
  const bitmap = await decoded(file);
  if (!bitmap) return { file, note: "" };
  const pixels = bitmap.width * bitmap.height;
  let factor = Math.min(1, Math.sqrt(asking.pixels / pixels));
  if (!tooHeavy && factor === 1) return { file, note: "" };
  let { blob, canvas } = await drawn(bitmap, factor);
  while (blob.size > asking.picture_bytes && factor > LEAST) {
    factor *= 0.75;
    ({ blob, canvas } = await drawn(bitmap, factor));
  }
  const smaller = new File([blob], file.name, { type: blob.type });
  const note = say("recognise.made-smaller", {
    width: String(canvas.width),
    height: String(canvas.height),
    before: sizeOf(file.size),
    after: sizeOf(blob.size),
  });
  return { file: smaller, note };
}
