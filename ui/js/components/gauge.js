// How alike two faces are, on a line with a mark where the model begins to believe it.

import { el } from "../dom.js";

const part = (value) => `${Math.min(100, Math.max(0, 100 * value))}%`;

// similarity and threshold: 0 to 1, or less than 0 (drawn as 0); text: the same in words
export function gauge(similarity, threshold, text) {
  const enough = similarity >= threshold;
  return el(
    `div.gauge${enough ? ".enough" : ""}`,
    el(
      "div.gauge-line",
      el("span.gauge-fill").css("width", part(similarity)),
      el("span.gauge-mark").css("left", part(threshold)),
    ).attr("aria-hidden", "true"),
    el("p.quiet", text),
  );
}
