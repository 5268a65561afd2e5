// Wires the screen Review: filters, the contact sheet, decisions about many at once, and undoing.

import { ready } from "./js/api.js";
import { filters } from "./js/components/filters.js";
import { emptyState, errorState, loadingState } from "./js/components/states.js";
import { toast } from "./js/components/toast.js";
import * as dataSets from "./js/data-sets.js";
import { button, el, link, select } from "./js/dom.js";
import { say } from "./js/languages.js";
import { nameOfKind } from "./js/marks.js";
import { openLarge } from "./js/review/large.js";
import { Sheet } from "./js/review/sheet.js";
import { at } from "./js/root.js";
import { start } from "./js/screen.js";
import { nameOf } from "./js/words.js";

const $ = window.jQuery;
const PAGE = 60; // pictures at a time
const RETRY_EVERY = 2000; // milliseconds between two looks for a server that went away
const FILTERS = ["mark", "label", "decision", "picture", "file"];
const DECISIONS = [
  ["", "review.any-decision"],
  ["none", "review.undecided"],
  ["any", "review.decided"],
  ["keep", "review.decided-keep"],
  ["reject", "review.decided-reject"],
  ["move", "review.decided-move"],
  ["not", "review.decided-not"],
];
const SPECIAL = ["_unknown", "_none"];

let dataset = "";
let query = {};
let rows = [];
let classes = [];
let lastUndo = null;
let visit = 0; // an answer that comes after another filter was chosen is not drawn

const sheet = new Sheet($("#sheet"), drawBar, (row) => row && large(row));

async function attempt(work) {
  $("#trouble").empty();
  try {
    await work();
  } catch (error) {
    if (!error.title) console.error(error);
    $("#trouble").empty().append(errorState(error));
    if (error.kind === "away") {
      const again = () =>
        ready().then(
          () => attempt(show),
          () => setTimeout(again, RETRY_EVERY),
        );
      setTimeout(again, RETRY_EVERY);
    }
  }
}

function remember() {
  const address = new URL(location.href);
  address.search = new URLSearchParams({ dataset, ...given() });
  history.replaceState(null, "", address);
}

// What is filtered by, without what is not.
const given = () => Object.fromEntries(Object.entries(query).filter(([, value]) => value));

function filter(changes) {
  query = { ...query, picture: "", file: "", ...changes };
  remember();
  attempt(show);
}

function drawFilters({ counts, all }) {
  const marks = [
    ["", say("review.all", { count: all })],
    ["any", say("review.marked", { count: counts.marked })],
    ...Object.entries(counts.marks).map(([kind, count]) => [
      kind,
      say("review.kind", { kind: nameOfKind(kind), count }),
    ]),
  ];
  const had = $("#mark-filters")[0].contains(document.activeElement);
  const row = filters(say("review.marks"), marks, query.mark ?? "", (mark) => filter({ mark }));
  $("#mark-filters").empty().append(row);
  if (had) row.children("[aria-pressed=true]").trigger("focus");
  const labels = Object.entries(counts.labels).map(([label, count]) => [
    label,
    say("review.kind", { kind: nameOf(label), count }),
  ]);
  const options = (pairs) => select(pairs).children();
  $("#label")
    .empty()
    .append(options([["", say("review.any-class")], ...labels]))
    .val(query.label ?? "");
  $("#decision")
    .empty()
    .append(options(DECISIONS.map(([value, key]) => [value, say(key)])))
    .val(query.decision ?? "");
}

function drawSummary(page) {
  const words = [
    say("review.shown", { count: page.total }),
    page.looked < page.all && !page.stopped
      ? say("teach.looking", { looked: page.looked, all: page.all })
      : "",
    page.stopped,
  ];
  $("#summary").text(words.filter(Boolean).join(" "));
  const isOne = query.picture || query.file;
  $("#more")
    .empty()
    .append(
      rows.length < page.total
        ? button(say("review.more"), () => attempt(() => show(rows.length)))
        : null,
      isOne ? button(say("review.show-all"), () => filter({})) : null,
    );
}

// Draw what fits the filters; from: pictures that are drawn already and stay.
async function show(from = 0) {
  visit += 1;
  const mine = visit;
  const limit = from ? PAGE : Math.min(200, Math.max(PAGE, rows.length));
  const page = await dataSets.pictures(dataset, { ...given(), offset: from, limit });
  if (mine !== visit) return;
  rows = from ? [...rows, ...page.pictures] : page.pictures;
  $("#nothing").empty();
  $("#review").prop("hidden", false);
  drawFilters(page);
  sheet.show(dataset, rows);
  drawSummary(page);
  if (!page.total) $("#nothing").append(el("p.quiet", say("review.nothing-fits")));
  if (page.looked < page.all && !page.stopped && !from) await show();
}

// What can be done with the chosen pictures, at the foot of the window where a thumb is.
function drawBar() {
  const chosen = sheet.chosen();
  const bar = $("#act-bar");
  bar.prop("hidden", !chosen.length);
  if (!chosen.length) return;
  if (!bar.children().length) bar.append(barContent());
  bar.find(".chosen-count").text(say("review.chosen", { count: chosen.length }));
  bar.find(".open").prop("hidden", chosen.length > 1);
}

function barContent() {
  const target = select(
    [
      ["", say("review.move-to")],
      ...[...classes, ...SPECIAL].map((label) => [label, nameOf(label)]),
    ],
    { "aria-label": say("review.move-to") },
  );
  target.on("change", () => target.val() && decide("move", target.val()));
  return [
    el("span.chosen-count").attr("aria-live", "polite"),
    button(say("teach.keep"), () => decide("keep")),
    button(say("teach.reject"), () => decide("reject")),
    button(say("review.not"), () => decide("not")),
    target,
    button(say("review.open"), () => large(sheet.chosen()[0])).addClass("open"),
    button(say("review.clear"), () => sheet.clear(), "plain"),
  ];
}

async function after(undo, words) {
  lastUndo = undo;
  toast(words, undoLast);
  await show();
}

function undoLast() {
  const undo = lastUndo;
  if (!undo) return;
  lastUndo = null;
  $("#toasts").empty();
  attempt(async () => {
    await undo();
    await show();
  });
}

function decide(action, to, meant = sheet.meant()) {
  if (!meant.length) return;
  const digests = [...new Set(meant.map(({ sha256 }) => sha256))];
  const decisions = digests.map((sha256) => ({ sha256, action, ...(to ? { to } : {}) }));
  sheet.focus(sheet.at);
  attempt(async () => {
    const undo = await dataSets.decide(dataset, decisions);
    $("#act-bar").empty();
    await after(undo, say("teach.decided", { count: digests.length }));
  });
}

function large(row) {
  openLarge(dataset, row, {
    decide: (action) => decide(action, undefined, [row]),
    remove: () =>
      attempt(async () => after(await dataSets.removePicture(dataset, row), say("review.deleted"))),
    choose: (index) =>
      attempt(async () =>
        after(await dataSets.choose(dataset, row.sha256, index), say("teach.chosen")),
      ),
  });
}

const KEYS = {
  k: () => decide("keep"),
  r: () => decide("reject"),
  Delete: () => decide("reject"),
  n: () => decide("not"),
  u: undoLast,
  m: () => $("#act-bar select").trigger("focus"),
};

function build() {
  $("#label").on("change", () => filter({ label: $("#label").val() }));
  $("#decision").on("change", () => filter({ decision: $("#decision").val() }));
  $("#dataset").on("change", () => attempt(() => open($("#dataset").val())));
  $(document).on("keydown", (event) => {
    const typing = $(event.target).is("input, select, textarea") || $("dialog[open]").length;
    if (typing || event.ctrlKey || event.metaKey || event.altKey) return;
    if (KEYS[event.key]) {
      event.preventDefault();
      KEYS[event.key]();
    }
  });
}

async function open(name, wanted = {}) {
  dataset = name;
  query = wanted;
  rows = [];
  sheet.at = 0;
  $("#act-bar").empty();
  classes = (await dataSets.one(name)).classes.map((row) => row.name);
  classes = classes.filter((label) => !SPECIAL.includes(label));
  remember();
  await show();
  if (rows.length) sheet.focus(0);
}

let built = false;
async function draw() {
  if (!built) build();
  built = true;
  $("#nothing").empty().append(loadingState());
  await attempt(async () => {
    const address = new URL(location.href).searchParams;
    const sets = await dataSets.all();
    if (!sets.length) {
      const next = link(say("review.to-teach"), at("teach")).addClass("button primary");
      $("#nothing")
        .empty()
        .append(emptyState(say("review.empty"), say("review.empty-how"), next));
      return;
    }
    const found = sets.find(({ name }) => name === address.get("dataset")) ?? sets[0];
    $("#dataset")
      .empty()
      .append(sets.map(({ name }) => $("<option>").val(name).text(name)))
      .val(found.name);
    $("#dataset-picker").prop("hidden", false);
    const wanted = FILTERS.map((name) => [name, address.get(name) ?? ""]);
    await open(found.name, Object.fromEntries(wanted));
  });
}

start("review", draw);
