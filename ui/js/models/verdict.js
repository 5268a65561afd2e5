// What a training came to, in the reader's language; in red where it is not fit for use.

import { el } from "../dom.js";
import { say } from "../languages.js";
import { nameOf, withNames } from "../words.js";

const NEARLY_ALL = 0.995;
const TRIED = {
  face: "verdict.tried-strangers",
  person: "verdict.tried-people",
  object: "verdict.tried-things",
};
const TODO = {
  doubtful: "verdict.doubtful",
  better_recipe: "verdict.better-recipe",
  better_recipe_missing: "verdict.better-recipe-missing",
  strangers: "verdict.add-strangers",
  more_pictures: "verdict.add-more",
  not_found: "verdict.not-found",
  mistakes: "verdict.look-at-mistakes",
};

function rate(part) {
  if (part >= NEARLY_ALL) return say("verdict.nearly-all");
  return part >= 0.01
    ? say("verdict.of-hundred", { some: Math.round(100 * part) })
    : say("verdict.of-thousand", { some: Math.round(1000 * part) });
}

// So many of a counted number, or a rate where nothing was counted.
function tried({ named, count }, subject) {
  if (!count) {
    const whom = subject === "face" ? "verdict.left-out-people" : "verdict.left-out-classes";
    return say(whom, { rate: rate(named) });
  }
  const some = Math.round(named * count) || say("verdict.none");
  return say(TRIED[subject] ?? TRIED.object, { some, count });
}

function known({ subject, classes, correct, pictures, multi_label: several }) {
  const values = { count: classes, correct, pictures };
  if (several) return say("verdict.knows-exactly", values);
  return say(subject === "face" ? "verdict.knows-people" : "verdict.knows-classes", values);
}

function strangers({ promised, measured, parts }) {
  const { refuses, subject, multi_label: several } = parts;
  if (several || refuses === null) return "";
  if (refuses === false) return say("verdict.names-every-stranger");
  const found = measured && tried(measured, subject);
  if (promised === null) return found ? say("verdict.names", { tried: found }) : "";
  return found
    ? say("verdict.promises-measured", { rate: rate(promised), tried: found })
    : say("verdict.promises", { rate: rate(promised) });
}

// Nothing where all are known in every picture: then the server names nobody.
function weakest({ names, weakest: row }) {
  if (!names.length || !row) return "";
  const { label, correct, pictures } = row;
  return say("verdict.weakest", { name: nameOf(label), correct, pictures });
}

function todo({ weakest: row, parts }) {
  const values = { count: parts.doubtful, recipe: parts.better, name: nameOf(row?.label ?? "") };
  return TODO[parts.todo] ? say(TODO[parts.todo], values) : "";
}

function inWords(verdict) {
  const unfit = verdict.fit ? "" : say("verdict.unfit");
  const all = [unfit, known(verdict.parts), strangers(verdict), weakest(verdict), todo(verdict)];
  return all.filter(Boolean).join(" ");
}

// facts: of a model, or the result of a training. Old ones have no verdict, or the server's
// sentence alone.
export function verdictOf({ verdict }) {
  if (!verdict) return null;
  const text = verdict.parts ? inWords(verdict) : withNames(verdict.sentence);
  return el(verdict.fit ? "p.verdict" : "p.verdict.unfit", text);
}
