// Several pictures at once: a contact sheet of their answers, each a button that opens its picture.

import { el } from "../dom.js";
import { say } from "../languages.js";
import { headline } from "./sentences.js";

const $ = window.jQuery;

const TONES = { done: "good", trouble: "trouble", looking: "working", waiting: "" };

function wordsOf(item, subject) {
  if (item.status === "done") return headline(item.answer.regions, subject);
  if (item.status === "trouble") return item.error.title;
  if (item.status === "stopped") return say("recognise.stopped");
  return say(item.status === "looking" ? "recognise.looking" : "recognise.waiting");
}

function toneOf(item) {
  const nobody = item.status === "done" && !item.answer.regions.some(({ label }) => label !== null);
  return nobody ? "unsure" : (TONES[item.status] ?? "unsure");
}

// Draw the sheet anew: one button a picture, in their order. open(index) is called when one is
// pressed.
export function draw(items, open) {
  const buttons = items.map((item, index) =>
    el("li", el("button.print", el("span.print-picture"), el("span.print-words")))
      .children()
      .attr({ type: "button", title: item.name })
      .on("click", () => open(index))
      .parent(),
  );
  items.forEach((item, index) => {
    const image = $("<img alt=''>").attr("src", item.url);
    image.on("error", () => image.remove()); // one that the browser cannot draw
    buttons[index].find(".print-picture").append(image);
  });
  $("#prints").empty().append(buttons);
  $("#sheet").prop("hidden", items.length < 2);
  $("#sheet-title").text(say("recognise.sheet", { count: items.length }));
}

// What is known of each by now; chosen: the index of the one that is open.
export function update(items, chosen, subject) {
  $("#prints .print").each((index, one) => {
    const item = items[index];
    $(one)
      .attr({ "data-tone": toneOf(item), "aria-current": index === chosen ? "true" : null })
      .find(".print-words")
      .text(wordsOf(item, subject));
  });
}
