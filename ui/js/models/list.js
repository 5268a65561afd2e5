// Each model as a card: what it came to, and its versions side by side.

import { may, modelPath, request } from "../api.js";
import { emptyState, errorState, loadingState } from "../components/states.js";
import { button, el, panel } from "../dom.js";
import { listed, say } from "../languages.js";
import { at } from "../root.js";
import { nameOf } from "../words.js";
import { showConfusion } from "./confusion.js";
import { verdictOf } from "./verdict.js";
import { versionTable } from "./versions.js";
import { deleteModel, makeDefault, rollBack } from "./versions-actions.js";

const $ = window.jQuery;
const MOST_NAMES = 12;

function knows({ labels }) {
  const names = labels.slice(0, MOST_NAMES).map(nameOf);
  if (labels.length > MOST_NAMES)
    names.push(say("models.more", { count: labels.length - MOST_NAMES }));
  return say("models.knows", { count: labels.length, names: listed(names) });
}

function actions(model, again) {
  const ask = el("a.button.small.primary", say("models.ask")).attr(
    "href",
    at(`#${encodeURIComponent(model.name)}`),
  );
  const confused = el("div");
  const confusion = button(say("models.confusion"), () => showConfusion(model, confused));
  const dataset = model.facts.dataset
    ? el("a.button.small", say("models.teach")).attr(
        "href",
        at(`teach?${new URLSearchParams({ dataset: model.facts.dataset })}`),
      )
    : null;
  const admin = may("admin")
    ? [rollBack(model, again), makeDefault(model), deleteModel(model, again)]
    : [];
  return [el("div.actions", ask, dataset, confusion, admin), confused];
}

function card(model, versions, again) {
  return panel(
    null,
    el(
      "div.model-head",
      el("h2", model.name),
      el("span.chip", say("models.version", { version: String(model.version) })),
      model.default ? el("span.chip.chosen", say("models.default")) : null,
    ),
    el("p.quiet", knows(model)),
    verdictOf(model.facts),
    versionTable(model, versions, again),
    actions(model, again),
  ).attr("data-model", model.name);
}

async function one({ name }) {
  const [model, { versions }] = await Promise.all([
    request("GET", modelPath(name)),
    request("GET", modelPath(name, "/versions")),
  ]);
  return [model, versions];
}

const broken = (model) =>
  panel(model.name, el("p.remark", model.detail)).attr("data-model", model.name);

function nothing() {
  const action = el("a.button.primary", say("models.none-do")).attr("href", at("teach"));
  return emptyState(say("models.none"), say("models.none-how"), action);
}

export async function draw() {
  const place = $("#models");
  if (!place.children().length) place.append(loadingState());
  try {
    const answer = await request("GET", "api/models");
    const models = await Promise.all(answer.models.map(one));
    place.empty().append(
      models.map(([model, versions]) => card(model, versions, draw)),
      answer.broken.map(broken),
      models.length + answer.broken.length ? null : nothing(),
    );
  } catch (error) {
    place.empty().append(errorState(error, draw));
  }
}
