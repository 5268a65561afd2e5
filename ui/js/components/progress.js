// A bar for work that takes a while, with an estimate once there is something to go by.

import { el } from "../dom.js";
import { say } from "../languages.js";

const SOON = 2000; // milliseconds of work before an estimate is worth saying

// "about 3 minutes left", from what was done since `began` (milliseconds); "" as long as it is a
// guess
export function estimate(part, began, now = Date.now()) {
  const gone = now - began;
  if (part <= 0 || part >= 1 || gone < SOON) return "";
  const seconds = Math.ceil(((gone / part) * (1 - part)) / 1000);
  if (seconds < 90) return say("progress.seconds-left", { count: seconds });
  return say("progress.minutes-left", { count: Math.round(seconds / 60) });
}

// label: what goes on; part: 0 to 1, or null where nobody knows. Change it with .set(part, note).
export function progressBar(label, part = null, note = "") {
  const fill = el("span.progress-fill");
  const words = el("span.quiet", note);
  const bar = el("div.progress-line", fill).attr({
    role: "progressbar",
    "aria-label": label,
    "aria-valuemin": 0,
    "aria-valuemax": 100,
  });
  const shown = el("div.progress-bar", bar, words);
  shown.set = (now, text = "") => {
    const known = now !== null;
    const whole = known ? Math.round(100 * Math.min(1, Math.max(0, now))) : null;
    shown.toggleClass("unknown", !known);
    fill.css("width", known ? `${whole}%` : "");
    bar.attr("aria-valuenow", whole);
    words.text(text);
    return shown;
  };
  return shown.set(part, note);
}
