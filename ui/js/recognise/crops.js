// What was found in a picture, as numbered crops: a button each.

import { el } from "../dom.js";
import { say } from "../languages.js";
import { percent } from "../words.js";
import { captionOf } from "./sentences.js";

const $ = window.jQuery;
const SIDE = 72; // pixels of a crop, before the screen's own scale
const AROUND = 0.15; // of the box on each side

// The part of the shown picture in a box; the number alone where the browser cannot draw it.
function crop([x, y, width, height], picture) {
  const image = $("#picture")[0];
  const canvas = $("<canvas aria-hidden='true'>").attr({ width: SIDE, height: SIDE });
  if (!image.naturalWidth || $("#frame").prop("hidden")) return canvas.prop("hidden", true);
  const scale = image.naturalWidth / picture.width;
  const side = Math.max(width, height) * (1 + 2 * AROUND);
  const left = x + width / 2 - side / 2;
  const top = y + height / 2 - side / 2;
  canvas[0]
    .getContext("2d")
    .drawImage(image, left * scale, top * scale, side * scale, side * scale, 0, 0, SIDE, SIDE);
  return canvas;
}

function button(region, index, picture, choose) {
  const known = region.label !== null;
  return $("<button type='button' class='chip pick crop'>")
    .attr("data-region", index)
    .toggleClass("stranger", !known)
    .append(
      crop(region.box, picture),
      el("span.number-badge", String(index + 1)),
      el("span.crop-name", captionOf(region)),
      known ? el("span.quiet", percent(region.probability)) : null,
    )
    .on("click", () => choose(index));
}

// choose(index) is called when one is pressed.
export function drawCrops(regions, picture, choose) {
  $("#regions")
    .attr("aria-label", say("recognise.found"))
    .empty()
    .append(regions.map((region, index) => button(region, index, picture, choose)))
    .prop("hidden", regions.length < 2);
}

export function chooseCrop(index) {
  $("#regions .crop").each((_, one) => {
    const chosen = $(one).data("region") === index;
    $(one).toggleClass("chosen", chosen).attr("aria-pressed", String(chosen));
  });
}
