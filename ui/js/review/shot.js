// One picture of the contact sheet.

import { thumbnailOf } from "../data-sets.js";
import { el } from "../dom.js";
import { say } from "../languages.js";
import { isGrave, titleOf } from "../marks.js";
import { nameOf } from "../words.js";

const $ = window.jQuery;
const DECIDED = {
  keep: "review.decided-keep",
  confirm: "review.decided-keep",
  reject: "review.decided-reject",
  not_a_face: "review.decided-reject",
  move: "review.decided-move",
  not: "review.decided-not",
  also: "review.decided-keep",
};

export const nameOfRow = ({ shows, label }) =>
  shows === null ? say("review.left-out", { name: nameOf(label) }) : nameOf(shows);

export const decisionOf = ({ decision }) =>
  decision && DECIDED[decision.action] ? say(DECIDED[decision.action]) : "";

function markLine(row) {
  const [mark] = row.marks;
  if (mark) return el(`span.shot-mark${isGrave(mark) ? ".grave" : ""}`, titleOf(mark));
  return row.decision ? el("span.shot-mark.decided", decisionOf(row)) : null;
}

// row: as the server lists it; copies: how many near copies lie under it, itself included
export function shot(dataset, row, copies) {
  // For who hears it: the marks that are not drawn, and what the number of the stack means.
  const further = [
    ...row.marks.slice(1).map(titleOf),
    row.marks.length ? decisionOf(row) : "",
    copies > 1 ? say("review.copies", { count: copies }) : "",
  ].filter(Boolean);
  return el(
    `li.shot${row.shows === null ? ".out" : ""}`,
    $("<img loading='lazy' draggable='false'>").attr({
      src: thumbnailOf(dataset, row.sha256),
      alt: "",
    }),
    el("span.shot-name", nameOfRow(row)),
    markLine(row),
    further.length ? el("span.visually-hidden", further.join(". ")) : null,
    copies > 1 ? el("span.stack", `× ${copies}`).attr("aria-hidden", "true") : null,
  ).attr({
    role: "option",
    tabindex: -1,
    "aria-selected": "false",
    "data-sha256": row.sha256,
  });
}
