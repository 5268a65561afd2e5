// An answer in one sentence, and what the page says of a model before and beside it. Plain
// functions, no page.

import { listed, say } from "../languages.js";
import { capital, kindOf, nameOf, percent } from "../words.js";

const STRANGER = {
  face: "recognise.stranger.face",
  person: "recognise.stranger.person",
  object: "recognise.stranger.object",
};
const STRANGERS = {
  face: "recognise.strangers.face",
  person: "recognise.strangers.person",
  object: "recognise.strangers.object",
};
const NOTHING = {
  face: "recognise.nothing.face",
  person: "recognise.nothing.person",
  object: "recognise.nothing.object",
};
const NOTHING_DO = {
  face: "recognise.nothing-do.face",
  person: "recognise.nothing-do.person",
  object: "recognise.nothing-do.object",
};
const of = (keys, subject) => keys[subject] ?? keys.face;

// "someone I don’t know"
export const strangerOf = (subject) => say(of(STRANGER, subject));
// What helps where nothing was found.
export const nothingFound = (subject) => say(of(NOTHING_DO, subject));

// What a person must know before they believe a name: some models cannot tell strangers.
export function caution(model) {
  if (!model.refuses) return model.subject === "object" ? "" : say("recognise.refuses-nobody");
  const share = model.strangers_named ?? 0;
  if (share < 0.2) return "";
  const known =
    share > 0.99
      ? say("recognise.names-every-stranger")
      : say("recognise.names-strangers", { share: percent(share) });
  const remedy = model.recipe?.endsWith("-classic")
    ? say("recognise.train-modern", { recipe: `${model.subject || "face"}-modern` })
    : say("recognise.give-strangers");
  return `${known} ${remedy}`;
}

// What to expect of a picture of something else, before one is given.
export function aboutStrangers(model) {
  if (model.multi_label) return say("recognise.several-classes");
  const thing = model.subject === "object";
  if (!model.refuses && thing) return say("recognise.classes-are-all");
  if (model.subject === "person") return caution(model) || say("recognise.three-verdicts");
  const expected = thing ? "recognise.expect-something" : "recognise.expect-somebody";
  return caution(model) || say(expected, { answer: strangerOf(model.subject) });
}

// How sure a region is to show a label.
export const sureOf = (region, label) =>
  label === region.best
    ? region.probability
    : (region.scores.find((score) => score.label === label)?.probability ?? 0);

function withDoubt(probability, name) {
  if (probability < 0.5) return say("recognise.perhaps", { name });
  return probability < 0.8 ? say("recognise.probably", { name }) : name;
}

// One entry a label, as ["perhaps Anna", "2 × Delivery rider"]; the surest region of a label
// speaks for it.
function namesOf(named, nameIt) {
  return [...new Set(named.flatMap((region) => region.labels))].map((label) => {
    const sure = named
      .filter((region) => region.labels.includes(label))
      .map((region) => sureOf(region, label));
    const times = sure.length > 1 ? `${sure.length} × ` : "";
    return withDoubt(Math.max(...sure), times + nameIt(label));
  });
}

// People at work: who they are, somebody else, or nobody; nothing beside it.
function verdict(named, regions) {
  if (named.length) return `${capital(listed(namesOf(named, (label) => capital(kindOf(label)))))}.`;
  return say(regions.length ? "recognise.somebody-else" : "recognise.nobody");
}

const MOST_NAMES = 4;

// The answer in one sentence.
export function headline(regions, subject) {
  const named = regions.filter((region) => region.label !== null);
  if (subject === "person") return verdict(named, regions);
  if (!regions.length) return say(of(NOTHING, subject));
  const strangers = regions.length - named.length;
  const unknown = strangers ? [say(of(STRANGERS, subject), { count: strangers })] : [];
  const known = namesOf(named, nameOf);
  if (!known.length) return `${capital(unknown[0])}.`;
  const more = known.length - MOST_NAMES;
  const names = [
    ...known.slice(0, MOST_NAMES),
    ...(more > 0 ? [say("recognise.more-names", { count: more })] : []),
    ...unknown,
  ];
  if (subject === "object") return `${capital(listed(names))}.`;
  return say("recognise.this-is", { names: listed(names) });
}

const GREETINGS = {
  face: ["recognise.title.face", "recognise.note.face", "recognise.cards.face"],
  person: ["recognise.title.person", "recognise.note.person", "recognise.cards.person"],
  object: ["recognise.title.object", "recognise.note.object", "recognise.cards.object"],
};

// What the page says before there is a picture.
export function greeting(subject) {
  const [title, note, cards] = of(GREETINGS, subject).map((key) => say(key));
  return { title, note, cards };
}

const MARKS = {
  one_eye: "recognise.mark.one-eye",
  small: "recognise.mark.small",
  blurred: "recognise.mark.blurred",
  dark: "recognise.mark.dark",
  bright: "recognise.mark.bright",
  turned: "recognise.mark.turned",
};
const REASONS = { taken: "recognise.reason.taken", too_small: "recognise.reason.too-small" };

// What is to be said about one region besides its name: why it has none, and what is wrong with it.
export function remarkOf(region) {
  const keys = [REASONS[region.reason], ...region.marks.map((mark) => MARKS[mark])].filter(Boolean);
  return keys.map((key) => say(key)).join(" ");
}

// "Ada Lovelace", "a + b", or what a stranger is called on a small label
export const captionOf = (region) =>
  region.label === null ? say("recognise.unknown") : region.labels.map(nameOf).join(" + ");
