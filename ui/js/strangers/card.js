// One group of faces: when they were seen, whom they are most like, and what can be said of them.

import { button, el, field, input, suggesting, when } from "../dom.js";
import { say } from "../languages.js";
import { labelFor, nameOf } from "../words.js";
import { pictureOf } from "./requests.js";

const $ = window.jQuery;
const FIRST = 6; // faces that a card shows

export const facePicture = (face) =>
  $("<img class='face-picture' loading='lazy' draggable='false'>").attr({
    src: pictureOf(face),
    alt: "",
  });

export const seen = (stranger) => say("strangers.seen", { count: stranger.count });

function times({ first, last }) {
  if (when(first) === when(last)) return say("strangers.once", { when: when(last) });
  return say("strangers.between", { first: when(first), last: when(last) });
}

function nearest({ nearest: found }) {
  if (!found) return null;
  const likeness = found.similarity.toFixed(2);
  const words = say("strangers.nearest", { name: nameOf(found.label), likeness });
  return el("p.quiet.small-text", words);
}

function faces(stranger, open) {
  const shown = stranger.faces.slice(0, FIRST);
  const shape = { 1: ".one", 2: ".two", 4: ".four" }[shown.length] ?? "";
  const rest = stranger.count - shown.length;
  return el(
    `button.stranger-faces${shape}`,
    shown.map(facePicture),
    rest > 0 ? el("span.rest", `+ ${rest}`) : null,
  )
    .attr({ type: "button", "aria-label": say("strangers.open", { who: seen(stranger) }) })
    .on("click", open);
}

// A field for the name, and whether that is somebody new. name(label) is called with the label.
function nameForm(stranger, labels, name) {
  const [typed, list] = suggesting(labels.map(nameOf), { maxlength: 200, required: "" });
  const isNew = el("p.quiet.small-text").prop("hidden", true);
  typed.on("input", () => {
    const label = labelFor(typed.val(), labels);
    isNew
      .prop("hidden", !label || labels.includes(label))
      .text(say("strangers.new-person", { name: nameOf(label) }));
  });
  const submit = el("button.button.primary", say("strangers.name")).attr({
    type: "submit",
    "aria-label": say("strangers.name-who", { who: seen(stranger) }),
  });
  const form = el(
    "form.stranger-name",
    el("div", field(say("strangers.who"), typed), list),
    submit,
  ).on("submit", (event) => {
    event.preventDefault();
    const label = labelFor(typed.val(), labels);
    if (label) name(label);
  });
  return [form, isNew];
}

// act: {name(label), ignore(), open(), choose(chosen)}
export function card(stranger, labels, act) {
  const box = input("checkbox").on("change", () => {
    item.toggleClass("chosen", box.prop("checked"));
    act.choose(box.prop("checked"));
  });
  const item = el(
    "li.stranger.panel",
    faces(stranger, act.open),
    el(
      "div.stranger-words",
      el("h2", seen(stranger)),
      el("p.quiet.small-text", times(stranger)),
      nearest(stranger),
    ),
    nameForm(stranger, labels, act.name),
    el(
      "div.stranger-foot",
      el("label.choose", box, say("strangers.choose")),
      button(say("strangers.ignore"), act.ignore, "plain"),
    ),
  );
  return item.attr("data-id", stranger.id);
}
