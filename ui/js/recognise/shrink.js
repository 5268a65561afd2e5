// Pictures over the server's limits, made smaller in the browser before they are sent.

import { say } from "../languages.js";
import { sizeOf } from "../words.js";

const GOOD = 0.92; // quality of the JPEG

// Width and height as the browser reads them; null where it cannot, and the server may all the same.
function sizeIn(url) {
  return new Promise((resolve) => {
    const image = new Image();
    image.onload = () => resolve({ width: image.naturalWidth, height: image.naturalHeight });
    image.onerror = () => resolve(null);
    image.src = url;
  });
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

// A picture as it may be sent: {file, note}; note: what was done to it, or "".
// item: {file, url}; asking: the server's limits (picture_bytes, pixels)
export async function fitting({ file, url }, asking) {
  const size = await sizeIn(url);
  const pixels = size ? size.width * size.height : 0;
  const fits = file.size <= asking.picture_bytes && pixels <= asking.pixels;
  if (fits || !size) return { file, note: "" };
  const bitmap = await createImageBitmap(file);
  let factor = Math.min(1, Math.sqrt(asking.pixels / pixels));
  let { blob, canvas } = await drawn(bitmap, factor);
  while (blob.size > asking.picture_bytes && factor > LEAST) {
    factor *= 0.75;
    ({ blob, canvas } = await drawn(bitmap, factor));
  }
  const note = say("recognise.made-smaller", {
    width: String(canvas.width),
    height: String(canvas.height),
    before: sizeOf(file.size),
    after: sizeOf(blob.size),
  });
  return { file: new File([blob], file.name, { type: blob.type }), note };
}
