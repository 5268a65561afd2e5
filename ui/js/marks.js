// The marks that a picture may have, in words: what may be wrong and what to do about it.

import { say } from "./languages.js";
import { nameOf } from "./words.js";

const MARKS = {
  copies_across: ["marks.copies_across", "marks.copies_across-do"],
  near_across: ["marks.near_across", "marks.near_across-do"],
  wrong_label: ["marks.wrong_label", "marks.wrong_label-do"],
  unlike: ["marks.unlike", "marks.unlike-do"],
  something: ["marks.something", "marks.something-do"],
  unreadable: ["marks.unreadable", "marks.unreadable-do"],
  nothing: ["marks.nothing", "marks.nothing-do"],
  several: ["marks.several", "marks.several-do"],
  small: ["marks.small", "marks.small-do"],
  blurred: ["marks.blurred", "marks.blurred-do"],
  dark: ["marks.dark", "marks.dark-do"],
  bright: ["marks.bright", "marks.bright-do"],
  pose: ["marks.pose", "marks.pose-do"],
  copies: ["marks.copies", "marks.copies-do"],
  near: ["marks.near", "marks.near-do"],
};
const SLIGHT = ["pose", "copies", "near"]; // worth knowing; nobody needs to do anything

export const KINDS = Object.keys(MARKS);
export const isGrave = (mark) => !SLIGHT.includes(mark.kind);

// A mark of a kind that this page does not know yet is told in the server's words.
export function titleOf(mark) {
  if (mark.kind === "wrong_label" && mark.suggestion)
    return say("marks.looks-like", { name: nameOf(mark.suggestion) });
  return mark.kind in MARKS ? say(MARKS[mark.kind][0]) : mark.title;
}

export const adviceOf = (mark) => (mark.kind in MARKS ? say(MARKS[mark.kind][1]) : mark.advice);
export const nameOfKind = (kind) => (kind in MARKS ? say(MARKS[kind][0]) : kind);
