// A picture with what was found in it as numbered boxes, each a button: which one is meant?

import { el } from "../dom.js";
import { say } from "../languages.js";

const $ = window.jQuery;
const percent = (part, whole) => `${(100 * part) / whole}%`;

// picture: {width, height, regions}; choose(index), or null where there is nothing to choose
export function regionPicker(source, alt, picture, choose = null) {
  const boxes = picture.regions.map(([x, y, width, height], index) => {
    const box = el(choose ? "button.region" : "span.region", el("span.number", index + 1));
    box.css({
      left: percent(x, picture.width),
      top: percent(y, picture.height),
      width: percent(width, picture.width),
      height: percent(height, picture.height),
    });
    if (!choose) return box.attr("aria-hidden", "true");
    return box
      .attr({ type: "button", "aria-label": say("marks.choose", { number: index + 1 }) })
      .on("click", () => choose(index));
  });
  const image = $("<img>").attr({ src: source, alt });
  return el("div.regions", image, picture.regions.length > 1 ? boxes : null);
}
