// Wires the screen Teach: the classes of one data set, the training, and trying what came of it.

import { ready } from "./js/api.js";
import { sure } from "./js/components/dialog.js";
import { errorState, loadingState } from "./js/components/states.js";
import * as dataSets from "./js/data-sets.js";
import { el } from "./js/dom.js";
import { say } from "./js/languages.js";
import { at } from "./js/root.js";
import { start } from "./js/screen.js";
import { ClassCard } from "./js/teach/class-card.js";
import { asClasses, ofDrop, ofInput } from "./js/teach/files.js";
import { TrainPane } from "./js/teach/train-pane.js";
import { TryPane } from "./js/teach/try-pane.js";
import { labelFor } from "./js/words.js";

const $ = window.jQuery;
const RETRY_EVERY = 2000; // milliseconds between two looks for a server that went away
let current = null; // the data set's name, or null as long as there is none
let cards = [];
let active = null; // the class that a paste goes to
let grave = {}; // marked pictures of each class

const screen = {
  dataset: () => current,
  classes: () => cards.map((card) => ({ name: card.label, pictures: card.total })),
  marked: () => Object.values(grave).reduce((sum, count) => sum + count, 0),
  use(card) {
    active = card;
  },
  seen(page) {
    if (page.looked < page.all && !page.stopped) lookOn();
  },
  changed() {
    grave = Object.fromEntries(cards.map((card) => [card.label, card.graveCount()]));
    training.draw();
  },
  async refresh() {
    for (const card of cards) await card.refresh();
    screen.changed();
  },
  reload: () => openDataset(current),
  trained(model, waits) {
    trying.set(model, waits);
  },
  // Do something; a failure becomes a sentence.
  async attempt(work) {
    $("#trouble").empty();
    try {
      await work();
    } catch (error) {
      if (!error.title) console.error(error);
      $("#trouble").empty().append(errorState(error));
      if (error.kind === "away") waitForServer();
    }
  },
};
const training = new TrainPane(screen);
const trying = new TryPane(screen);

let later = 0;
function waitForServer() {
  clearTimeout(later);
  later = setTimeout(
    () => ready().then(() => screen.attempt(() => openDataset(current)), waitForServer),
    RETRY_EVERY,
  );
}

// Pictures that nobody has looked at yet are looked at while somebody is here to see it.
let looking = false;
async function lookOn() {
  if (looking) return;
  looking = true;
  const dataset = current;
  try {
    for (;;) {
      const page = await dataSets.pictures(dataset, { limit: 1 });
      if (dataset !== current || page.stopped) break;
      $("#looking").text(
        page.looked < page.all ? say("teach.looking", { looked: page.looked, all: page.all }) : "",
      );
      if (page.looked >= page.all) break;
    }
  } finally {
    looking = false;
    $("#looking").text("");
  }
  if (dataset === current) await screen.refresh();
}

// A data set to put classes into; the first one is made when it is needed.
async function needDataset(wanted = "") {
  if (current) return;
  const taken = (await dataSets.all()).map(({ name }) => name);
  const base = (wanted || say("teach.default-name")).replace(/^[.\s]+/, "").slice(0, 50);
  let name = base;
  for (let number = 2; taken.includes(name); number += 1) name = `${base} ${number}`;
  await dataSets.create(name);
  current = name;
  await drawPicker();
}

async function cardOf(label) {
  const there = cards.find((card) => card.label === label);
  if (there) return there;
  await dataSets.addClass(current, label);
  const card = new ClassCard(screen, label);
  cards.push(card);
  $("#classes").append(card.element);
  drawEmpty();
  return card;
}

// Folders become classes; files without a folder go to the class that is in use.
async function take(entries) {
  const { dataset, classes, loose } = asClasses(entries);
  if (classes.length) {
    await needDataset(dataset);
    const filling = [];
    for (const { label, files } of classes) filling.push([await cardOf(label), files]);
    for (const [card, files] of filling) await card.add(files);
  }
  if (!loose.length) return;
  if (active) await active.add(loose);
  else $("#trouble").append(el("p.remark", say("teach.which-class")).attr("role", "alert"));
}

function drawEmpty() {
  $("#first").prop("hidden", cards.length > 0);
  $("#choose-folder").prop("hidden", !cards.length);
  $("#delete-dataset, #to-review").prop("hidden", !current);
  training.draw();
}

async function drawPicker() {
  const sets = await dataSets.all();
  const options = [
    ...sets.map(({ name }) => $("<option>").val(name).text(name)),
    $("<option>").val("").text(say("teach.new-dataset")),
  ];
  $("#dataset")
    .empty()
    .append(options)
    .val(current ?? "");
  $("#dataset-picker").prop("hidden", !sets.length);
  return sets;
}

async function openDataset(name) {
  current = name;
  cards = [];
  active = null;
  grave = {};
  trying.set("");
  $("#classes").empty();
  const address = new URL(location.href);
  if (name) address.searchParams.set("dataset", name);
  else address.searchParams.delete("dataset");
  history.replaceState(null, "", address);
  if (name) {
    const set = await dataSets.one(name);
    cards = set.classes.map(({ name: label }) => new ClassCard(screen, label));
    $("#classes").append(cards.map((card) => card.element));
    for (const card of cards) await card.refresh();
    await training.find();
  }
  drawEmpty();
  screen.changed();
}

function build() {
  $("#panes").append(training.element, trying.element);
  $("#dataset").on("change", () => screen.attempt(() => openDataset($("#dataset").val() || null)));
  $("#new-class").on("submit", (event) => {
    event.preventDefault();
    const typed = $("#class-name").val();
    const label = labelFor(
      typed,
      cards.map((card) => card.label),
    );
    if (!label) return;
    screen.attempt(async () => {
      await needDataset();
      active = await cardOf(label);
      $("#class-name").val("").trigger("focus");
    });
  });
  const folder = $("#folder");
  $("#choose-folder, #first-folder").on("click", () => folder.trigger("click"));
  folder.on("change", () => {
    const entries = ofInput(folder[0]);
    folder.val("");
    screen.attempt(() => take(entries));
  });
  $("#delete-dataset").on("click", async () => {
    const title = say("teach.delete-dataset", { name: current });
    const detail = say("teach.delete-dataset-detail");
    if (!(await sure(title, detail, say("teach.delete"), { danger: true }))) return;
    screen.attempt(async () => {
      await dataSets.remove(current);
      const [next] = await dataSets.all();
      await openDataset(next?.name ?? null);
      await drawPicker();
    });
  });
  $(document)
    .on("dragover", (event) => {
      event.preventDefault();
      $("#classes-pane").addClass("over");
    })
    .on("dragleave drop", () => $("#classes-pane").removeClass("over"))
    .on("drop", (event) => {
      event.preventDefault(); // or the browser would leave for the picture
      const entries = ofDrop(event.originalEvent.dataTransfer);
      screen.attempt(async () => take(await entries));
    })
    .on("paste", (event) => {
      if ($(event.target).is("input:not([type=file]), textarea")) return;
      const files = [...(event.originalEvent.clipboardData?.files ?? [])];
      const entries = files.map((file) => ({ path: file.name, file }));
      if (files.length) screen.attempt(() => take(entries));
    });
}

let built = false;
async function draw() {
  if (!built) build();
  built = true;
  $("#classes").empty().append(loadingState());
  await screen.attempt(async () => {
    const wanted = new URL(location.href).searchParams.get("dataset");
    const sets = await dataSets.all();
    const found = sets.find(({ name }) => name === wanted) ?? sets[0];
    await openDataset(found?.name ?? null);
    await drawPicker();
  });
}

start("teach", draw);
$("#to-review").on("click", () => {
  const search = current ? `?${new URLSearchParams({ dataset: current })}` : "";
  location.href = at(`review${search}`);
});
