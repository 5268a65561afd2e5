// What became of a correction, in the reader's language.

import { listed, say } from "../languages.js";

const OF_PICTURE = {
  added: "outcome.added",
  added_without: "outcome.added-without",
  is: "outcome.is",
  is_a_stranger: "outcome.is-a-stranger",
  is_left_out: "outcome.is-left-out",
  unchanged: "outcome.unchanged",
  not_sent: "outcome.not-sent",
  not_there: "outcome.not-there",
  one_of_several: "outcome.one-of-several",
  not_cut: "outcome.not-cut",
  not_looked: "outcome.not-looked",
};

// correction: the service's answer to one
export function outcomeOf({ dataset, why, outcome }) {
  if (!OF_PICTURE[outcome?.code]) return say("trouble.server-says", { detail: why });
  const { classes, known, new: fresh, of } = outcome;
  const what = say(outcome.part ? "outcome.part" : "outcome.picture");
  const parts = [
    say(OF_PICTURE[outcome.code], { what, dataset, names: listed(classes) }),
    fresh.length ? say("outcome.new", { count: fresh.length, names: listed(fresh) }) : "",
    outcome.nothing_found ? say("outcome.nothing-found") : "",
    known === null ? "" : say("outcome.knows-fewer", { dataset, known, of }),
  ];
  return parts.filter(Boolean).join(" ");
}
