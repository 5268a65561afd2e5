// One picture large, with everything that is known of it and everything that can be done about it.

import { openDialog } from "../components/dialog.js";
import { regionPicker } from "../components/region-picker.js";
import { thumbnailOf } from "../data-sets.js";
import { button, el } from "../dom.js";
import { say } from "../languages.js";
import { adviceOf, titleOf } from "../marks.js";
import { decisionOf, nameOfRow } from "./shot.js";

const SIZE = 1280; // pixels

// act: {decide(action), choose(index), remove()}
export function openLarge(dataset, row, act) {
  const done = (work) => {
    dialog.close();
    work();
  };
  const way = (key, action) => button(say(key), () => done(() => act.decide(action)));
  const choose = row.regions.length > 1 ? (index) => done(() => act.choose(index)) : null;
  const marks = row.marks.map((mark) =>
    el("li", el("strong", titleOf(mark)), el("p.quiet", adviceOf(mark))),
  );
  const decided = decisionOf(row);
  const dialog = openDialog(
    nameOfRow(row),
    el(
      "div.large-body",
      regionPicker(thumbnailOf(dataset, row.sha256, SIZE), nameOfRow(row), row, choose),
      el(
        "div.large-text",
        choose ? el("p", say("teach.choose")) : null,
        marks.length ? el("ul", marks) : el("p.quiet", say("review.no-marks")),
        decided
          ? el("p.quiet", say("review.decided-by", { what: decided, who: row.decision.by }))
          : null,
        el("p.quiet.small-text", `${row.label}/${row.file}`),
        el(
          "div.actions",
          way("teach.keep", "keep"),
          way("teach.reject", "reject"),
          way("review.not", "not"),
          button(say("teach.delete"), () => done(() => act.remove()), "danger"),
        ),
      ),
    ),
    el(
      "div.actions",
      button(say("review.close"), () => dialog.close(), "plain"),
    ),
  );
  dialog.classList.add("large");
}
