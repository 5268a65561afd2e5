// The picture with a box on each region. Boxes are placed in percent, so they follow the picture at
// any width.

import { nameOf, percent } from "./words.js";

const $ = window.jQuery;
let shown = null; // the object URL in the frame

// Show a picture. Resolves to {width, height} upright, or null when the browser cannot draw it.
export function show(blob) {
  const image = $("#picture")[0];
  clearBoxes();
  if (shown) URL.revokeObjectURL(shown);
  shown = URL.createObjectURL(blob);
  return new Promise((resolve) => {
    image.onload = () => {
      const size = { width: image.naturalWidth, height: image.naturalHeight };
      const frame = $("#frame")[0];
      frame.style.setProperty("--ratio", size.width / size.height);
      frame.style.setProperty("--natural", `${size.width}px`);
      reveal(true);
      resolve(size);
    };
    image.onerror = () => {
      reveal(false);
      resolve(null);
    };
    image.src = shown;
  });
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

export function caption(region) {
  return region.label === null ? "unknown" : region.labels.map(nameOf).join(" + ");
}

function spoken(region) {
  if (region.label === null) return caption(region);
  return `${caption(region)}, ${percent(region.probability)}`;
}

// A button on each region; `choose(index)` is called when one is pressed.
export function drawBoxes(regions, size, choose) {
  const part = (value, whole) => `${Math.min(100, Math.max(0, (100 * value) / whole))}%`;
  const boxes = regions.map((region, index) => {
    const [x, y, width, height] = region.box;
    const box = $("<button type='button' class='box'>")
      .attr("aria-label", `${index + 1}: ${spoken(region)}`)
      .toggleClass("stranger", region.label === null)
      .css({
        left: part(x, size.width),
        top: part(y, size.height),
        width: part(width, size.width),
        height: part(height, size.height),
      })
      .on("click", () => choose(index));
    return box.append($("<span class='tag'>").text(caption(region)));
  });
  $("#boxes")
    .empty()
    .append(boxes)
    .toggleClass("several", regions.length > 1)
    .toggleClass("crowded", regions.length > 5);
  placeTags();
}

// Above its box, else below it, else in it; and never beyond the frame's sides.
function placeTags() {
  const frame = $("#frame")[0].getBoundingClientRect();
  for (const tag of $("#boxes .tag").get()) {
    const box = tag.parentElement.getBoundingClientRect();
    tag.style.maxWidth = `${Math.max(0, frame.width - 8)}px`;
    const { offsetWidth: width, offsetHeight: height } = tag;
    const over = box.left + width - (frame.right - 4);
    tag.style.left = `${Math.max(frame.left + 4 - box.left, -2 - Math.max(0, over))}px`;
    const needed = height + 4;
    const [above, below] = [box.top - frame.top >= needed, frame.bottom - box.bottom >= needed];
    $(tag)
      .toggleClass("below", !above && below)
      .toggleClass("inside", !above && !below);
  }
}

export function choose(index) {
  $("#boxes .box").each((at, box) => {
    $(box)
      .toggleClass("chosen", at === index)
      .attr("aria-pressed", String(at === index));
  });
  placeTags();
}

$?.(window).on("resize", placeTags);
$?.(document).on("mouseenter focusin", "#boxes .box", placeTags); // a hidden one has no width
