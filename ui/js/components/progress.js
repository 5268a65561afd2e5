// A bar for work that takes a while, and what is left of it.

import { el } from "../dom.js";
import { say } from "../languages.js";

const MINUTES_FROM = 90; // seconds; below that they are said themselves

// "about 3 minutes left"; "" as long as nobody can tell. seconds: until the whole is done, or null
export function timeLeft(seconds) {
  if (!seconds) return "";
  if (seconds < MINUTES_FROM) return say("progress.seconds-left", { count: seconds });
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
