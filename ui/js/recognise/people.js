// Cards of everybody the model knows, made from the labels that the API gives. A named person's
// card lights up.

import { may, request } from "../api.js";
import { say } from "../languages.js";
import { at } from "../root.js";
import { initialsOf, nameOf, percent } from "../words.js";
import { sureOf } from "./sentences.js";

const $ = window.jQuery;
const FEW = 24; // more cards than this are folded away until asked for

let cards = new Map();
let order = [];
let unfolded = false;

function card(label, index) {
  const face = $("<span class='monogram' aria-hidden='true'>").text(initialsOf(label));
  const hue = (174 + index * 137.5) % 360; // the golden angle keeps neighbours apart
  face[0].style.setProperty("--hue", hue);
  const words = $("<span class='card-words'>").append(
    $("<span class='card-name'>").text(nameOf(label)),
    $("<span class='card-score quiet'>"),
  );
  return $("<li class='card'>").attr("data-label", label).append(face, words);
}

export function setLabels(labels) {
  order = [...labels];
  cards = new Map(order.map((label, index) => [label, card(label, index)]));
  unfolded = false;
  $("#cards")
    .empty()
    .append([...cards.values()]);
  $("#people").prop("hidden", !order.length);
  $("#find")
    .prop("hidden", order.length <= FEW)
    .val("");
  fold();
}

// For those who may see data sets: a picture of each class instead of its initials.
export async function showExamples(dataset) {
  if (!dataset || !may("train")) return;
  const { datasets } = await request("GET", "api/datasets");
  const set = datasets.find(({ name }) => name === dataset);
  const filled = new Set(set?.classes.filter(({ pictures }) => pictures).map(({ name }) => name));
  const seen = order.filter((label) => filled.has(label)).slice(0, FEW);
  for (const label of seen) {
    const place = `api/datasets/${[dataset, "classes", label, "pictures"].map(encodeURIComponent).join("/")}`;
    const { pictures } = await request("GET", place);
    if (!pictures.length || !cards.has(label)) continue;
    const image = $("<img alt='' loading='lazy'>").attr(
      "src",
      `${at(place)}/${encodeURIComponent(pictures[0])}?size=160`,
    );
    cards.get(label).find(".monogram").empty().append(image);
  }
}

// Which cards are seen: those that match the search, those lit, and otherwise the first few.
function fold() {
  const wanted = $("#find").val().trim().toLowerCase();
  let seen = 0;
  cards.forEach((element, label) => {
    const matches = !wanted || nameOf(label).toLowerCase().includes(wanted);
    const visible = matches && (unfolded || wanted || seen < FEW || element.hasClass("lit"));
    element.prop("hidden", !visible);
    if (visible) seen += 1;
  });
  $("#all-cards")
    .prop("hidden", Boolean(wanted) || unfolded || order.length <= FEW)
    .text(say("recognise.show-all", { count: order.length }));
}

// Light the cards of the regions that were named; the chosen one strongest.
export function light(regions, chosen) {
  cards.forEach((element) => {
    element.removeClass("lit chosen").removeAttr("aria-current").find(".card-score").text("");
  });
  const named = new Map();
  regions.forEach((region, index) => {
    region.labels
      .filter((label) => cards.has(label))
      .forEach((label) => {
        if (!named.has(label) || index === chosen)
          named.set(label, { region, chosen: index === chosen });
      });
  });
  named.forEach(({ region, chosen: isChosen }, label) => {
    const element = cards.get(label).addClass("lit").toggleClass("chosen", isChosen);
    if (isChosen) element.attr("aria-current", "true");
    element.find(".card-score").text(percent(sureOf(region, label)));
  });
  $("#people").toggleClass("answered", named.size > 0);
  fold();
}

export function start() {
  $("#find").on("input", fold);
  $("#all-cards").on("click", () => {
    unfolded = true;
    fold();
  });
}
