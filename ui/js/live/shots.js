// Frames with their answers: the last one large with boxes, the ones before as a strip.

import { boxesFor, placeTags } from "../components/boxes.js";
import { openDialog } from "../components/dialog.js";
import { el } from "../dom.js";
import { locale } from "../languages.js";
import { captionOf, headline } from "../recognise/sentences.js";

const $ = window.jQuery;
const KEPT = 12; // frames of the strip

const kept = [];

export const clock = (time) => time.toLocaleTimeString(locale);

// An element with the frame and its boxes. shot: {url, time, answer: {regions, picture}}
function framed(shot) {
  const { regions, picture } = shot.answer;
  const boxes = el("div.boxes", boxesFor(regions, picture, "span", captionOf));
  return el("div.shot", $("<img alt=''>").attr("src", shot.url), boxes);
}

// The frame in a place of the page; its labels are placed when it can be measured.
export function show(shot, place) {
  const element = framed(shot);
  place.find(".shot").remove();
  place.prepend(element);
  const image = element.find("img")[0];
  if (image.complete) placeTags(element[0]);
  else image.addEventListener("load", () => placeTags(element[0]));
}

function thumbnail(shot, subject) {
  const words = headline(shot.answer.regions, subject);
  const open = () => {
    const element = framed(shot);
    openDialog(`${clock(shot.time)} · ${words}`, element);
    placeTags(element[0]);
  };
  const known = shot.answer.regions.some(({ label }) => label !== null);
  return el(
    "li",
    el(
      "button.print",
      el("span.print-picture", $("<img alt=''>").attr("src", shot.url)),
      el("span.print-words", words, el("span.quiet", clock(shot.time))),
    )
      .attr({ type: "button", "data-tone": known ? "good" : "unsure" })
      .on("click", open),
  );
}

// Put a frame at the beginning of the strip; the oldest one goes.
export function remember(shot, strip, subject) {
  kept.unshift(shot);
  strip.prepend(thumbnail(shot, subject));
  while (kept.length > KEPT) {
    URL.revokeObjectURL(kept.pop().url);
    strip.children().last().remove();
  }
}
