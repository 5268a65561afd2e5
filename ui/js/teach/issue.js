// One picture that may be wrong: what it is, and what a person can do about it.

import { regionPicker } from "../components/region-picker.js";
import { thumbnailOf } from "../data-sets.js";
import { button, el } from "../dom.js";
import { say } from "../languages.js";
import { adviceOf, isGrave, titleOf } from "../marks.js";
import { nameOf } from "../words.js";

const SIZE = 640; // pixels: faces in a group must be told apart

// What can be done about a mark, the likeliest first. act: {decide(action, to), choose(index)}
function ways(row, mark, act) {
  const keep = button(say("teach.keep"), () => act.decide("keep"), "plain");
  const reject = button(say("teach.reject"), () => act.decide("reject"));
  const move = mark.suggestion
    ? button(say("teach.move-to", { name: nameOf(mark.suggestion) }), () =>
        act.decide("move", mark.suggestion),
      )
    : null;
  const stranger =
    mark.kind === "unlike"
      ? button(say("teach.not", { name: nameOf(row.shows) }), () => act.decide("not"))
      : null;
  return [move, stranger, reject, keep];
}

// row: a picture as the server lists it, with a grave mark
export function issue(dataset, row, act) {
  const [mark, ...further] = row.marks;
  const choose = row.marks.some(({ kind }) => kind === "several") ? act.choose : null;
  const also = further.filter(isGrave).map(titleOf);
  const alt = say("teach.picture-of", { name: nameOf(row.shows), mark: titleOf(mark) });
  return el(
    `li.issue${choose ? ".wide" : ""}`,
    regionPicker(thumbnailOf(dataset, row.sha256, SIZE), alt, row, choose),
    el(
      "div.issue-text",
      el("strong", titleOf(mark)),
      also.length ? el("span.quiet", ` ${say("teach.also", { marks: also.join(", ") })}`) : null,
      el("p.quiet", choose ? say("teach.choose") : adviceOf(mark)),
      el("div.actions", ways(row, mark, act)),
    ),
  ).attr("data-sha256", row.sha256);
}
