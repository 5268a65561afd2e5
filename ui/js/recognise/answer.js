// The answer in words: headline, note, the numbered crops, how alike, and the table of every class.

import { gauge } from "../components/gauge.js";
import { el } from "../dom.js";
import { say } from "../languages.js";
import { nameOf, percent } from "../words.js";
import { chooseCrop } from "./crops.js";
import { remarkOf } from "./sentences.js";

const $ = window.jQuery;

// tone: "" | "working" | "good" | "unsure" | "trouble"
export function show(title, note = "", tone = "") {
  $("#answer").attr("data-tone", tone);
  $("#headline")
    .text(title)
    .toggleClass("long", title.length > 60);
  $("#note").text(note).prop("hidden", !note);
  $("#remedies").empty();
}

// Something besides, which leaves the answer as it is.
export function remind(text) {
  $("#reminder").text(text).prop("hidden", !text);
}

// A button under the sentence: what the person can do about it.
export function offer(text, act) {
  $("#remedies").append(el("button.button", text).attr("type", "button").on("click", act));
}

// What a slow answer shows: how much of the picture is sent, and a way out.
export function wait(stop) {
  $("#remedies").append($("<progress max='1'>").attr("aria-label", say("recognise.sending")));
  offer(say("recognise.stop"), stop);
}

// part: 0 to 1; when all is sent, the bar only says that something goes on.
export function sent(part) {
  $("#remedies progress").attr("value", part < 1 ? part : null);
}

export function clear() {
  remind("");
  $("#regions").prop("hidden", true).empty();
  emptyDetails();
}

function emptyDetails() {
  $("#details .corrections").detach(); // kept with what was said in it, and with its buttons
  return $("#details").empty();
}

function row(score, region) {
  const bar = $("<span class='bar'>").append(
    $("<span class='fill'>").css("width", `${Math.max(0.5, 100 * score.probability)}%`),
  );
  return $("<tr>")
    .toggleClass("best", score.label === region.best)
    .toggleClass("named", region.labels.includes(score.label))
    .append(
      $("<th scope='row'>").text(nameOf(score.label)),
      $("<td class='bar-cell' aria-hidden='true'>").append(bar),
      $("<td class='number'>").text(percent(score.probability)),
    );
}

function table(region) {
  const scores = [...region.scores].sort((a, b) => b.probability - a.probability);
  const head = el(
    "thead.visually-hidden",
    el(
      "tr",
      el("th", say("recognise.class")).attr("scope", "col"),
      el("td"),
      el("th", say("recognise.probability")).attr("scope", "col"),
    ),
  );
  return el(
    "div.table-scroll",
    el(
      "table.scores",
      head,
      el(
        "tbody",
        scores.map((score) => row(score, region)),
      ),
    ),
  ).attr({ tabindex: 0, role: "region", "aria-label": say("recognise.every-class") });
}

const points = (value) => Math.round(100 * Math.max(0, value));

// How alike a region is to whom it is most like, beside what the model asks for; null where the
// model holds nothing against anything.
function alike(region, threshold) {
  if (threshold === null || region.acceptance === null) return null;
  const values = {
    name: nameOf(region.best),
    points: points(region.acceptance),
    threshold: points(threshold),
  };
  const key = region.label === null ? "recognise.alike-stranger" : "recognise.alike-known";
  return gauge(region.acceptance, threshold, say(key, values));
}

// The table: at once for who has a name, behind a line for a stranger whose likeness is shown.
function probabilities(region, measured, apart) {
  if (region.label !== null || apart) return table(region);
  const words = say("recognise.if-it-had-to-be");
  if (!measured) return [el("p.quiet", words), table(region)];
  return el("details.all-classes", el("summary", words), table(region));
}

// How one region is answered. model: threshold, multi_label; extras: further elements
export function drawRegion(region, index, model, extras) {
  chooseCrop(index);
  const measured = alike(region, model.threshold ?? null);
  const doubted = region.label === null && !measured && !model.multi_label;
  const words = [
    doubted ? say("recognise.closest", { name: nameOf(region.best) }) : "",
    remarkOf(region),
  ].filter(Boolean);
  emptyDetails().append(
    words.length ? el("p.remark", words.join(" ")) : null,
    measured,
    probabilities(region, measured, model.multi_label),
    ...extras,
  );
}
