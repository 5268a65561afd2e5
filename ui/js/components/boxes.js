// Boxes with labels on what was found in a picture. They are placed in percent, so they follow the
// picture at any width.

import { el } from "../dom.js";

const $ = window.jQuery;

const part = (value, whole) => `${Math.min(100, Math.max(0, (100 * value) / whole))}%`;

// An element of `tag` ("button", "span") on each region of a picture of this size, with its label.
export function boxesFor(regions, size, tag, captionOf) {
  return regions.map((region, index) => {
    const [x, y, width, height] = region.box;
    const number = regions.length > 1 ? `${index + 1} ` : "";
    return el(`${tag}.box`, el("span.tag", `${number}${captionOf(region)}`))
      .toggleClass("stranger", region.label === null)
      .css({
        left: part(x, size.width),
        top: part(y, size.height),
        width: part(width, size.width),
        height: part(height, size.height),
      });
  });
}

// The labels of all boxes in a frame: above the box, else below it, else in it; and never beyond
// the frame's sides.
export function placeTags(frame) {
  const around = frame.getBoundingClientRect();
  for (const tag of frame.querySelectorAll(".tag")) {
    const box = tag.parentElement.getBoundingClientRect();
    tag.style.maxWidth = `${Math.max(0, around.width - 8)}px`;
    const { offsetWidth: width, offsetHeight: height } = tag;
    const over = box.left + width - (around.right - 4);
    tag.style.left = `${Math.max(around.left + 4 - box.left, -2 - Math.max(0, over))}px`;
    const needed = height + 4;
    const above = box.top - around.top >= needed;
    const below = around.bottom - box.bottom >= needed;
    $(tag)
      .toggleClass("below", !above && below)
      .toggleClass("inside", !above && !below);
  }
}
