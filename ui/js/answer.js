// The answer in words: headline, note, one chip a region, and the table of every class.

import { caption } from "./stage.js";
import { nameOf, percent } from "./words.js";

const $ = window.jQuery;

// tone: "" | "working" | "good" | "unsure" | "trouble"
export function say(title, note = "", tone = "") {
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
  $("#remedies").append($("<button type='button' class='button'>").text(text).on("click", act));
}

// What a slow answer shows: how much of the picture is sent, and a way out.
export function wait(stop) {
  $("#remedies").append($("<progress max='1' aria-label='Sending the picture'>"));
  offer("Stop", stop);
}

// part: 0 to 1; when all is sent, the bar only says that something goes on.
export function sent(part) {
  $("#remedies progress").attr("value", part < 1 ? part : null);
}

export function clear() {
  remind("");
  $("#regions").prop("hidden", true).empty();
  $("#details").empty();
}

export function drawChips(regions, choose) {
  const chips = regions.map((region, index) =>
    $("<button type='button' class='chip pick'>")
      .attr("data-region", index)
      .toggleClass("stranger", region.label === null)
      .append(
        $("<span>").text(caption(region)),
        region.label === null ? null : $("<span class='quiet'>").text(percent(region.probability)),
      )
      .on("click", () => choose(index)),
  );
  const isKnown = (chip) => Number(!chip.hasClass("stranger"));
  chips.sort((a, b) => isKnown(b) - isKnown(a)); // in a crowd, names before strangers
  $("#regions")
    .empty()
    .append(chips)
    .prop("hidden", regions.length < 2);
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
  const head =
    "<thead class='visually-hidden'><tr><th scope='col'>Class</th><td></td><th " +
    "scope='col'>Probability</th></tr></thead>";
  return $(
    "<div class='table-scroll' tabindex='0' role='region' aria-label='Every class with its " +
      "probability'>",
  ).append(
    $("<table class='scores'>").append(
      head,
      $("<tbody>").append(scores.map((score) => row(score, region))),
    ),
  );
}

export const labelOf = (region) => nameOf(region.label ?? region.best);

// What is to be said about one region besides its name.
export function remark(region) {
  const parts = [];
  if (region.label === null) {
    parts.push(`Closest is ${nameOf(region.best)}, but not close enough to say so.`);
  }
  if (region.note) parts.push(region.note);
  return parts.join(" ");
}

// apart: whether each class is a question of its own, so that nothing is shared out among them.
export function drawRegion(region, index, apart, extras) {
  $("#regions .chip").each((_, chip) => {
    const chosen = $(chip).data("region") === index;
    $(chip).toggleClass("chosen", chosen).attr("aria-pressed", String(chosen));
  });
  const words = remark(region);
  const doubted =
    region.label === null && !apart
      ? $("<p class='quiet'>").text("If it had to be one of them:")
      : null;
  $("#details .corrections").detach(); // kept with what was said in it
  $("#details")
    .empty()
    .append(words ? $("<p class='remark'>").text(words) : null, doubted, table(region), ...extras);
}
