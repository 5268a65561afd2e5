// Data sets: classes, pictures, uploads, and the start of a training.

import { request, send, upload } from "../api.js";
import { button, el, empty, field, input, meter, panel, select, sure } from "../dom.js";
import { count, nameOf, sizeOf } from "../words.js";

const $ = window.jQuery;
const AT_ONCE = 8; // pictures a request, so that there is progress to see and no limit is met
const MOST_BYTES = 40e6; // a request; the server's own limit for a batch is larger
const SHOWN = 60; // thumbnails before "show more"
const RECIPES = [
  ["auto", "auto: try what fits"], ["face-classic", "face-classic"], ["face-modern", "face-modern"], ["person-classic", "person-classic"],
  ["person-modern", "person-modern"], ["object-classic", "object-classic"], ["object-modern", "object-modern"],
];
const SPECIAL = { _unknown: "other people, to learn refusing", _none: "pictures with nobody" };

const at = (...parts) => `api/datasets/${parts.map(encodeURIComponent).join("/")}`;
const inClass = (dataset, label, ...more) => [at(dataset), "classes", encodeURIComponent(label), ...more.map((each) => encodeURIComponent(each))].join("/");

function portions(files) {
  const made = [];
  let bytes = 0;
  for (const file of files) {
    if (!made.length || made[made.length - 1].length >= AT_ONCE || bytes + file.size > MOST_BYTES) {
      made.push([]);
      bytes = 0;
    }
    made[made.length - 1].push(file);
    bytes += file.size;
  }
  return made;
}

// Send all files; what was wrong with some is shown, the others are stored.
async function sendFiles(view, dataset, label, files, place) {
  let done = 0;
  const refused = [];
  for (const some of portions(files)) {
    place.empty().append(meter(done, files.length, "Upload"), el("span.quiet", ` ${done} of ${files.length}`));
    const answer = await upload(`${inClass(dataset, label)}/pictures`, "image", some);
    answer.results.filter((each) => !each.ok).forEach((each) => refused.push(`${some[each.index].name}: ${each.problem.detail}`));
    done += some.length;
  }
  view.show(`${count(done - refused.length, "picture", "pictures")} added to ${nameOf(label)}.`, refused);
}

function uploader(view, dataset, label) {
  const place = el("span.upload");
  const chooser = input("file", { multiple: true, accept: "image/*,.heic,.heif", "aria-label": `Add pictures to ${label}` }).addClass("visually-hidden");
  chooser.on("change", () => {
    const files = [...chooser[0].files];
    const bytes = files.reduce((sum, file) => sum + file.size, 0);
    place.text(`Sending ${sizeOf(bytes)} …`);
    view.attempt(() => sendFiles(view, dataset, label, files, place));
  });
  return [chooser, button("Add pictures", () => chooser.trigger("click")), place];
}

function thumbnail(view, dataset, label, file) {
  const image = $("<img loading='lazy'>").attr({ src: `${inClass(dataset, label, "pictures", file)}?size=160`, alt: file });
  const remove = button("Delete", () => view.attempt(async () => {
    await request("DELETE", inClass(dataset, label, "pictures", file));
    shown.remove();
  }), "danger");
  const shown = el("li", image, remove);
  return shown;
}

function gallery(view, dataset, label) {
  const grid = el("ul.thumbnails");
  const box = el("details.pictures", el("summary", "See the pictures"), grid);
  box.one("toggle", () => view.attempt(async () => {
    const { pictures } = await request("GET", `${inClass(dataset, label)}/pictures`);
    const more = (from) => {
      grid.append(pictures.slice(from, from + SHOWN).map((file) => thumbnail(view, dataset, label, file)));
      if (pictures.length > from + SHOWN) {
        const next = el("li", button(`Show more of ${pictures.length}`, () => { next.remove(); more(from + SHOWN); }));
        grid.append(next);
      }
    };
    more(0);
  }));
  return box;
}

function classRow(view, dataset, row) {
  const remove = button("Delete class", async () => {
    if (await sure(`Delete ${nameOf(row.name)} from ${dataset}?`, `${count(row.pictures, "picture", "pictures")} are deleted. Models that were trained already keep knowing the class.`, "Delete")) {
      view.attempt(async () => {
        await request("DELETE", inClass(dataset, row.name));
        view.show(`${nameOf(row.name)} was deleted from ${dataset}.`);
      });
    }
  }, "danger");
  const words = SPECIAL[row.name];
  return el("li.class-row",
    el("div.row", el("strong", words ? row.name : nameOf(row.name)), el("span.quiet", words ? `${words}, ${row.pictures}` : count(row.pictures, "picture", "pictures"))),
    el("div.actions", uploader(view, dataset, row.name), remove),
    row.pictures ? gallery(view, dataset, row.name) : null);
}

function adder(view, label, placeholder, work) {
  const name = input("text", { placeholder, "aria-label": label, maxlength: 63, required: true });
  return el("form.actions", name, el("button.button.small", label).attr("type", "submit")).on("submit", (event) => {
    event.preventDefault();
    view.attempt(() => work(name.val().trim()));
  });
}

function trainer(view, set) {
  const model = input("text", { value: set.name.toLowerCase().replace(/[^a-z0-9_-]+/g, "-"), pattern: "[a-z0-9][a-z0-9_\\-]{0,62}", required: true });
  const recipe = select(RECIPES);
  return el("form.actions", field("Model", model), field("Recipe", recipe), el("button.button.small.primary", "Start training").attr("type", "submit"))
    .on("submit", (event) => {
      event.preventDefault();
      view.attempt(async () => {
        await send("POST", "api/jobs", { dataset: set.name, model: model.val(), recipe: recipe.val() });
        location.hash = "#training";
      });
    });
}

function card(view, set) {
  const remove = button("Delete data set", async () => {
    if (await sure(`Delete the data set ${set.name}?`, `${count(set.pictures, "picture", "pictures")} are deleted. This cannot be undone.`, "Delete")) {
      view.attempt(async () => {
        await request("DELETE", at(set.name));
        view.show(`${set.name} was deleted.`);
      });
    }
  }, "danger");
  return panel(null,
    el("div.row", el("h2", set.name), el("span.chip", count(set.classes.length, "class", "classes")), el("span.chip", count(set.pictures, "picture", "pictures"))),
    set.classes.length ? el("ul.classes", set.classes.map((row) => classRow(view, set.name, row))) : empty("No class yet. One class a person, or a kind of thing."),
    adder(view, "Add class", "name, as anna or _unknown", async (name) => {
      await send("POST", `${at(set.name)}/classes`, { name });
      view.show(`${nameOf(name)} was added.`);
    }),
    el("details", el("summary", "Train a model from it"), trainer(view, set)),
    el("div.actions", remove));
}

export async function draw(view) {
  const { datasets } = await request("GET", "api/datasets");
  view.fill(
    el("h1", "Data sets"),
    panel("New data set", adder(view, "Create", "name", async (name) => {
      await send("POST", "api/datasets", { name });
      view.show(`${name} was created.`);
    })),
    datasets.length ? datasets.map((set) => card(view, set)) : empty("No data set yet."),
  );
}
