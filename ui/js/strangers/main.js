// Wires the screen of people nobody knows: the groups, naming, merging, ignoring, undoing.

import { models } from "../api.js";
import { emptyState, errorState, loadingState } from "../components/states.js";
import { toast } from "../components/toast.js";
import * as dataSets from "../data-sets.js";
import { button, el, select, when } from "../dom.js";
import { say } from "../languages.js";
import { start, whenBack } from "../screen.js";
import { nameOf } from "../words.js";
import { card } from "./card.js";
import { openFaces } from "./faces-dialog.js";
import * as requests from "./requests.js";

const $ = window.jQuery;
const PAGE = 24; // groups at a time
const AGAIN = 300; // milliseconds until faces nobody has looked at are asked about again

let shown = PAGE;
let labels = [];
let chosen = new Set();
let visit = 0; // an answer that comes after a newer question is not drawn

async function attempt(work) {
  $("#trouble").empty();
  try {
    await work();
  } catch (error) {
    if (!error.title) console.error(error);
    $("#trouble").append(errorState(error, () => attempt(show)));
    if (error.kind === "away") whenBack(() => attempt(show));
  }
}

const dataset = () => $("#dataset").val() ?? "";

// Say something about a group; words(answer) is what the toast says, with a way back.
function decide(ask, undo, words) {
  attempt(async () => {
    const answer = await ask();
    const back = undo ?? ((found) => () => requests.undo(found.id));
    await show();
    toast(words(answer), () =>
      attempt(async () => {
        await back(answer)();
        await show();
      }),
    );
  });
}

function name(stranger, label) {
  decide(
    () => requests.name(stranger.id, label, dataset()),
    null,
    ({ learned, datasets }) =>
      say("strangers.named", {
        name: nameOf(label),
        count: learned,
        dataset: datasets.join(", "),
      }),
  );
}

function ignore(stranger) {
  decide(
    () => requests.ignore(stranger.id, dataset()),
    null,
    ({ faces }) => say("strangers.was-ignored", { count: faces }),
  );
}

function merge() {
  const ids = [...chosen];
  decide(
    () => requests.merge(ids),
    (undo) => undo,
    () => say("strangers.merged", { count: ids.length }),
  );
}

function takeOut(stranger, faces) {
  decide(
    () => requests.takeOut(stranger.id, faces),
    ({ id }) =>
      () =>
        requests.merge([stranger.id, id]),
    ({ faces: count }) => say("strangers.taken-out", { count }),
  );
}

function drawBar() {
  const bar = $("#act-bar").empty().prop("hidden", !chosen.size);
  if (!chosen.size) return;
  bar.append(
    el("span", say("strangers.chosen", { count: chosen.size })).attr("aria-live", "polite"),
    button(say("strangers.merge"), merge, "primary").prop("disabled", chosen.size < 2),
    button(say("review.clear"), clear, "plain"),
  );
}

function clear() {
  chosen = new Set();
  $("#strangers .stranger").removeClass("chosen").find("[type=checkbox]").prop("checked", false);
  drawBar();
}

const cardOf = (stranger) =>
  card(stranger, labels, {
    name: (label) => name(stranger, label),
    ignore: () => ignore(stranger),
    open: () => openFaces(stranger, (faces) => takeOut(stranger, faces)),
    choose: (is) => {
      if (is) chosen.add(stranger.id);
      else chosen.delete(stranger.id);
      drawBar();
    },
  });

// Groups that have not changed keep their card, and with it what somebody is typing there.
function drawGroups(strangers) {
  const had = new Map(
    $("#strangers > li")
      .get()
      .map((item) => [$(item).data("is"), $(item)]),
  );
  const cards = strangers.map((stranger) => {
    const is = JSON.stringify(stranger);
    return had.get(is) ?? cardOf(stranger).data("is", is);
  });
  const kept = new Set(cards.map((item) => item[0]));
  for (const item of had.values()) if (!kept.has(item[0])) item.remove();
  cards.forEach((item, index) => {
    const there = $("#strangers").children()[index];
    if (there !== item[0]) item.insertBefore(there ?? null);
    if (!item.parent().length) $("#strangers").append(item);
  });
  const left = strangers.map(({ id }) => id);
  chosen = new Set([...chosen].filter((id) => left.includes(id)));
  drawBar();
}

function drawIgnored(ignored) {
  $("#ignored").prop("hidden", !ignored.length);
  $("#ignored-count").text(say("strangers.ignored", { count: ignored.length }));
  $("#ignored-list")
    .empty()
    .append(
      ignored.map((one) => {
        const words = say("strangers.ignored-since", { when: when(one.time), who: one.by });
        const again = () =>
          attempt(async () => {
            await requests.undo(one.id);
            await show();
          });
        const faces = say("strangers.faces-kept", { count: one.faces });
        return el("li", el("span", `${words} ${faces}`), button(say("strangers.again"), again));
      }),
    );
}

const nobodyYet = (days) =>
  days
    ? emptyState(say("strangers.empty"), say("strangers.empty-how", { count: days }))
    : emptyState(say("strangers.not-kept"), say("strangers.not-kept-how"));

function drawSummary(found) {
  const words = [
    found.total ? say("strangers.summary", { count: found.days }) : "",
    found.waiting ? say("strangers.looking", { count: found.waiting }) : "",
    found.days && !found.grouped ? say("strangers.not-grouped") : "",
    found.stopped ? say("trouble.server-says", { detail: found.stopped }) : "",
  ];
  $("#summary").text(words.filter(Boolean).join(" "));
}

async function show() {
  visit += 1;
  const mine = visit;
  const found = await requests.groups(0, Math.min(shown, 100));
  if (mine !== visit) return;
  const isEmpty = !found.total && !found.waiting;
  $("#nothing")
    .empty()
    .append(isEmpty ? nobodyYet(found.days) : null);
  $("#dataset-picker").prop("hidden", !found.total);
  drawSummary(found);
  drawGroups(found.strangers);
  drawIgnored(found.ignored);
  const more = () => {
    shown += PAGE;
    attempt(show);
  };
  $("#more")
    .empty()
    .append(
      found.total > found.strangers.length && shown < 100 ? button(say("review.more"), more) : null,
    );
  if (found.waiting && !found.stopped) setTimeout(() => mine === visit && attempt(show), AGAIN);
}

// The names that may be meant: everybody whom a model or a data set knows.
async function learnNames() {
  const [known, sets] = await Promise.all([models(), dataSets.all()]);
  const all = [
    ...known.good.flatMap((model) => model.labels),
    ...sets.flatMap((set) => set.classes.map((row) => row.name)),
  ];
  labels = [...new Set(all)].filter((label) => !label.startsWith("_")).sort();
  const options = [["", say("strangers.models-own")], ...sets.map((set) => [set.name, set.name])];
  $("#dataset").empty().append(select(options).children());
}

async function draw() {
  $("#nothing").empty().append(loadingState());
  await attempt(async () => {
    await learnNames();
    await show();
  });
}

start("strangers", draw);
