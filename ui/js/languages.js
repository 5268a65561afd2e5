// What the page says, in the language of whoever reads it. Every sentence stands in ui/languages;
// nothing that a person reads is written anywhere else. A file a language has what every screen
// says, and Recognise, which comes first. A second one has the rest: <html data-sentences="screens">
// asks for it.

export const LANGUAGES = { en: "English", de: "Deutsch" };
const REMEMBERED = "likeness-language";

function remembered() {
  try {
    return localStorage.getItem(REMEMBERED);
  } catch {
    return null; // a browser that keeps nothing
  }
}

function chosen() {
  const wanted = [remembered(), ...navigator.languages].map((tag) => tag?.split("-")[0]);
  return wanted.find((tag) => tag in LANGUAGES) ?? "en";
}

export const language = chosen();
// The same with the reader's country, where the browser names one: it decides how times are written.
export const locale = navigator.languages.find((tag) => tag.startsWith(language)) ?? language;
const { sentences: more } = document.documentElement.dataset;
const files = [language, ...(more ? [`${language}-${more}`] : [])];
const parts = await Promise.all(files.map((file) => import(`../languages/${file}.js`)));
const sentences = Object.assign({}, ...parts.map((part) => part.default));
const plural = new Intl.PluralRules(language);

// Remember a language and draw the page in it.
export function speak(other) {
  try {
    localStorage.setItem(REMEMBERED, other);
  } finally {
    location.reload();
  }
}

const written = (value) => (typeof value === "number" ? value.toLocaleString(language) : value);

// The sentence of a key. {name} becomes values.name; of several forms, values.count chooses.
export function say(key, values = {}) {
  const entry = sentences[key];
  if (entry === undefined) throw new Error(`no sentence "${key}" in ui/languages/${files}`);
  const form =
    typeof entry === "string" ? entry : (entry[plural.select(values.count)] ?? entry.other);
  return form.replace(/\{(\w+)\}/g, (_, name) => written(values[name]));
}

// A part of a whole, 0 to 1, in percent; a dash where nobody knows it
export const share = (part, digits = 0) =>
  part === null
    ? "–"
    : part.toLocaleString(language, { style: "percent", maximumFractionDigits: digits });

// "Anna, Ben and Carl"
export const listed = (names) =>
  new Intl.ListFormat(language, { type: "conjunction" }).format(names);

const ATTRIBUTES = ["aria-label", "title", "placeholder", "alt", "data-drop"];

// Put the sentences into static HTML: data-say="key" is an element's text, data-say-title="key" its
// title, and so on.
export function fill(root = document) {
  for (const element of root.querySelectorAll("[data-say]"))
    element.textContent = say(element.dataset.say);
  for (const name of ATTRIBUTES)
    for (const element of root.querySelectorAll(`[data-say-${name}]`))
      element.setAttribute(name, say(element.getAttribute(`data-say-${name}`)));
}

document.documentElement.lang = language;
fill();
