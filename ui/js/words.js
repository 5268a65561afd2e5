// Labels and numbers as people read them. Plain functions, no page.

// "anna_smith" -> "Anna Smith"; a label with capitals of its own is left alone but for the
// underscores.
export function nameOf(label) {
  const text = label.replace(/[_\s]+/g, " ").trim();
  if (text !== text.toLowerCase()) return text;
  return text.replace(/(^|[\s-])(\p{L})/gu, (_, before, letter) => before + letter.toUpperCase());
}

// The label that somebody means who types a name: a known one as it is shown, else one like
// "anna_smith".
export function labelFor(typed, labels) {
  const name = typed.trim().replace(/\s+/g, " ");
  const same = (label) => label === name || nameOf(label).toLowerCase() === name.toLowerCase();
  const known = labels.includes(name) ? name : labels.find(same);
  if (known || !name) return known ?? "";
  const plain = name.toLowerCase().replaceAll(" ", "_");
  return nameOf(plain) === name || name === name.toLowerCase() ? plain : name.replaceAll(" ", "_");
}

// A sentence of the server's in which labels become names.
export const withNames = (text) => text.replace(/\S*[^\s_]_\S+/g, nameOf);

export function initialsOf(label) {
  const parts = nameOf(label).split(" ").filter(Boolean);
  const letters = parts.length > 1 ? [parts[0], parts[parts.length - 1]] : [parts[0] || "?"];
  return letters.map((part) => [...part][0].toUpperCase()).join("");
}

export function percent(probability) {
  const value = probability * 100;
  if (value > 0 && value < 1) return "< 1 %";
  if (value < 100 && value > 99) return "> 99 %";
  return `${Math.round(value)} %`;
}

export function sizeOf(bytes) {
  if (bytes < 1000) return `${bytes} bytes`;
  return bytes < 1e6 ? `${Math.round(bytes / 1e3)} kB` : `${(bytes / 1e6).toFixed(1)} MB`;
}

export function duration(milliseconds) {
  const seconds = Math.round(milliseconds / 1000);
  return seconds < 100 ? `${seconds} s` : `${Math.round(seconds / 60)} min`;
}

export function listed(words) {
  if (words.length < 2) return words.join("");
  return `${words.slice(0, -1).join(", ")} and ${words[words.length - 1]}`;
}

const COUNTS = ["no", "one", "two", "three", "four", "five", "six"];
export const count = (number, one, several) =>
  `${COUNTS[number] ?? number} ${number === 1 ? one : several}`;

export const capital = (text) => text[0].toUpperCase() + text.slice(1);

const NOUNS = {
  face: { one: "face", stranger: "someone I don’t know", strangers: "people I don’t know" },
  person: {
    one: "person",
    stranger: "someone of no class I know",
    strangers: "people of no class I know",
  },
  object: { one: "thing", stranger: "something I don’t know", strangers: "things I don’t know" },
};
export const nounsOf = (subject) => NOUNS[subject] || NOUNS.face;

const doubt = (probability) =>
  probability < 0.5 ? "perhaps " : probability < 0.8 ? "probably " : "";

// What a person must know before they believe a name: some models cannot tell strangers.
export function caution(model) {
  if (!model.refuses) {
    if (model.subject === "object") return "";
    return (
      "This model refuses nobody: whoever it looks at gets one of its names. A third " +
      "class, or pictures of other people in a class _unknown, would change that."
    );
  }
  const share = model.strangers_named;
  if (share === null || share === undefined || share < 0.2) return "";
  const part = share > 0.99 ? "nearly every one" : percent(share);
  const known = `This model hardly knows strangers: when it was tried, ${part} of them got a name.`;
  const remedy = model.recipe?.endsWith("-classic")
    ? `train with the recipe ${model.subject || "face"}-modern`
    : "give it pictures of other people, in a class _unknown";
  return `${known} Where strangers matter, ${remedy}.`;
}

// What to expect of a picture of something else, before one is given.
export function aboutStrangers(model) {
  if (model.multi_label)
    return (
      "A picture may show several of these, or none: each is a question of its own. The " +
      "table shows how sure the answers are."
    );
  const thing = model.subject === "object";
  if (!model.refuses && thing)
    return (
      "This model takes its classes for all there is: everything gets the name of one. " +
      "The table shows how sure it is."
    );
  const subject = thing ? "Whatever" : "Whoever";
  const answer = nounsOf(model.subject).stranger;
  const expected = `${subject} the model was not trained on should be answered with “${answer}”.`;
  return caution(model) || `${expected} It can be wrong: the table shows how sure it is.`;
}

// How sure a region is to show a label.
export const sureOf = (region, label) =>
  label === region.best
    ? region.probability
    : (region.scores.find((score) => score.label === label)?.probability ?? 0);

// One entry a label, as ["perhaps Anna", "2 × Delivery Rider"]; the surest region of a label speaks
// for it.
function namesOf(named) {
  return [...new Set(named.flatMap((region) => region.labels))].map((label) => {
    const sure = named
      .filter((region) => region.labels.includes(label))
      .map((region) => sureOf(region, label));
    const times = sure.length > 1 ? `${sure.length} × ` : "";
    return `${doubt(Math.max(...sure))}${times}${nameOf(label)}`;
  });
}

// The answer in one sentence.
export function headline(regions, subject) {
  const nouns = nounsOf(subject);
  if (!regions.length) return `I found no ${nouns.one} in this picture.`;
  const named = regions.filter((region) => region.label !== null);
  const known = namesOf(named);
  const strangers = regions.length - named.length;
  if (!known.length)
    return capital(
      `${strangers === 1 ? nouns.stranger : `${count(strangers, "", nouns.strangers)}`}.`,
    );
  const names = known.slice(0, 4);
  const others = known.length - names.length;
  if (others) names.push(`${others} more`);
  if (strangers)
    names.push(strangers === 1 ? nouns.stranger : count(strangers, "", nouns.strangers));
  return subject === "face" || !subject
    ? `This is ${listed(names)}.`
    : `${capital(listed(names))}.`;
}

// What the page says before there is a picture.
const GREETINGS = {
  face: {
    title: "Who is it?",
    note: "Show me a picture and I will name the people I know in it.",
    cards: "Who this model knows",
  },
  person: {
    title: "Who is there?",
    note: "Show me a picture and I will say what kind of people are in it.",
    cards: "What this model tells apart",
  },
  object: {
    title: "What is it?",
    note: "Show me a picture and I will say what it shows.",
    cards: "What this model knows",
  },
};
export const greeting = (subject) => GREETINGS[subject] || GREETINGS.face;

export const NOTHING_FOUND = {
  face:
    "A face shows best when it is larger than a thumbnail, lit from the front, and both eyes " +
    "can be seen.",
  person: "People show best when they are seen whole and are not too far away.",
  object: "Try a picture in which the thing fills most of the frame.",
};
