// Labels and numbers as people read them. Plain functions, no page.

import { say } from "./languages.js";

// "anna_smith" -> "Anna Smith"; a label with capitals of its own is left alone but for the
// underscores.
export function nameOf(label) {
  const text = label.replace(/[_\s]+/g, " ").trim();
  if (text !== text.toLowerCase()) return text;
  return text.replace(/(^|[\s-])(\p{L})/gu, (_, before, letter) => before + letter.toUpperCase());
}

// The same where it is the name of a kind of people or things: "delivery rider".
export const kindOf = (label) => label.replace(/[_\s]+/g, " ").trim();

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
  if (bytes < 1000) return say("size.bytes", { count: bytes });
  if (bytes < 1e6) return say("size.kilobytes", { count: Math.round(bytes / 1e3) });
  return say("size.megabytes", { count: Math.round(bytes / 1e5) / 10 });
}

export function duration(milliseconds) {
  const seconds = Math.round(milliseconds / 1000);
  if (seconds < 100) return say("time.seconds", { count: seconds });
  return say("time.minutes", { count: Math.round(seconds / 60) });
}

const COUNTS = ["no", "one", "two", "three", "four", "five", "six"];
export const count = (number, one, several) =>
  `${COUNTS[number] ?? number} ${number === 1 ? one : several}`;

export const capital = (text) => text[0].toUpperCase() + text.slice(1);
