// What people said about answers, and which of it waits for the next training.

import { request } from "../api.js";
import { emptyState, errorState } from "../components/states.js";
import { el, link, table, when } from "../dom.js";
import { say } from "../languages.js";
import { at } from "../root.js";
import { nameOf } from "../words.js";

const $ = window.jQuery;
const MOST = 25; // lines

const SAID = {
  is: "activity.said-is",
  is_not: "activity.said-is-not",
  not_a_face: "activity.said-no-face",
};

const said = ({ action, label }) => say(SAID[action], { name: label ? nameOf(label) : "" });

function waiting(corrections) {
  const sets = new Map();
  for (const { dataset, waits } of corrections)
    if (waits) sets.set(dataset, (sets.get(dataset) ?? 0) + 1);
  return [...sets].map(([dataset, count]) =>
    el(
      "p.remark",
      say("activity.waiting", { count, dataset }),
      " ",
      link(say("activity.train"), at(`teach#${encodeURIComponent(dataset)}`)),
    ),
  );
}

const line = (row) => [
  when(row.time),
  row.before.label ? nameOf(row.before.label) : say("activity.unknown"),
  said(row),
  row.dataset,
  row.waits ? say("activity.waits") : say("activity.trained"),
  row.by,
];

export async function draw() {
  const place = $("#corrected");
  const head = [
    say("activity.when"),
    say("activity.model-said"),
    say("activity.person-said"),
    say("activity.dataset"),
    say("activity.state"),
    say("activity.by"),
  ];
  try {
    const { corrections } = await request("GET", "api/corrections");
    place
      .empty()
      .append(
        waiting(corrections),
        corrections.length
          ? table(say("activity.corrections"), head, corrections.slice(0, MOST).map(line))
          : emptyState(say("activity.none-corrected"), say("activity.none-corrected-how")),
      );
  } catch (error) {
    place.empty().append(errorState(error, draw));
  }
}
