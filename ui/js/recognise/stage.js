// The picture with a box on each region, or the place where one is dropped.

import { boxesFor, placeTags } from "../components/boxes.js";
import { say } from "../languages.js";
import { percent } from "../words.js";
import { captionOf } from "./sentences.js";

const $ = window.jQuery;

// Show a picture by its object URL. Resolves when it is drawn, or when the browser cannot.
export function show(url) {
  const image = $("#picture")[0];
  clearBoxes();
  return new Promise((resolve) => {
    image.onload = () => {
      const frame = $("#frame")[0];
      frame.style.setProperty("--ratio", image.naturalWidth / image.naturalHeight);
      frame.style.setProperty("--natural", `${image.naturalWidth}px`);
      reveal(true);
      resolve();
    };
    image.onerror = () => {
      $("#unseen").text(say("recognise.unseen"));
      reveal(false);
      resolve();
    };
    image.src = url;
  });
}

// A picture that lies elsewhere is not loaded here: only the server looks at it.
export function showAddress() {
  clearBoxes();
  $("#unseen").text(say("recognise.elsewhere"));
  reveal(false);
}

function reveal(visible) {
  $("#stage").addClass("filled");
  $("#frame").prop("hidden", !visible);
  $("#unseen").prop("hidden", visible);
}

// Back to the empty drop zone, if what came cannot be drawn and is no picture for the server
// either.
export function clearUnseen() {
  if ($("#unseen").prop("hidden")) return;
  $("#stage").removeClass("filled");
  $("#unseen").prop("hidden", true);
}

export function clearBoxes() {
  $("#boxes").empty();
}

export function working(busy) {
  $("#scan").prop("hidden", !busy);
  $("#stage").attr("aria-busy", String(busy));
}

function spoken(region, index) {
  const sure = region.label === null ? "" : `, ${percent(region.probability)}`;
  return `${index + 1}: ${captionOf(region)}${sure}`;
}

const placeAll = () => $("#frame").length && placeTags($("#frame")[0]);

// A button on each region; `choose(index)` is called when one is pressed.
export function drawBoxes(regions, size, choose) {
  const boxes = boxesFor(regions, size, "button", captionOf);
  boxes.forEach((box, index) => {
    box
      .attr({ type: "button", "aria-label": spoken(regions[index], index) })
      .on("click", () => choose(index));
  });
  $("#boxes")
    .empty()
    .append(boxes)
    .toggleClass("several", regions.length > 1)
    .toggleClass("crowded", regions.length > 5);
  placeAll();
}

export function choose(index) {
  $("#boxes .box").each((at, box) => {
    $(box)
      .toggleClass("chosen", at === index)
      .attr("aria-pressed", String(at === index));
  });
  placeAll();
}

$?.(window).on("resize", placeAll);
$?.(document).on("mouseenter focusin", "#boxes .box", placeAll); // a hidden one has no width
