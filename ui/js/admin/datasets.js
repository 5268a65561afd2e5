// Data sets: classes, pictures, uploads, and the start of a training.

import { request, send, upload } from "../api.js";
import { sure } from "../components/dialog.js";
import { button, el, empty, field, input, meter, panel, select } from "../dom.js";
import { capital, count, nameOf, sizeOf } from "../words.js";
import { choicesFor } from "./choices.js";

const $ = window.jQuery;
const AT_ONCE = 8; // pictures a request, so that there is progress to see and no limit is met
const MOST_BYTES = 40e6; // a request; the server's own limit for a batch is larger
const SHOWN = 60; // thumbnails before "show more"
const RECIPE_WORDS = {
  auto: "auto: try what fits, strangers counted, and keep the best",
  "face-classic": "face-classic: faces, quick to train",
  "face-modern": "face-modern: faces, refuses strangers",
  "face-light": "face-light: faces, an older network",
  "person-classic": "person-classic: people at work",
  "person-modern": "person-modern: people at work",
  "object-classic": "object-classic: any things",
  "object-modern": "object-modern: any things",
};
const STRANGERS = [
  ["", "as few as the recipe promises"],
  ["0.01", "1 in 100, whatever it costs"],
  ["0.001", "1 in 1000, whatever it costs"],
  ["0.05", "1 in 20, whatever it costs"],
];
const SPECIAL = { _unknown: "other people, to learn refusing", _none: "pictures with nobody" };

const at = (...parts) => `api/datasets/${parts.map(encodeURIComponent).join("/")}`;
const inClass = (dataset, label, ...more) =>
  [at(dataset), "classes", encodeURIComponent(label), ...more.map(encodeURIComponent)].join("/");

function portions(files) {
  const batches = [];
  let bytes = 0;
  for (const file of files) {
    const full = batches.at(-1)?.length >= AT_ONCE || bytes + file.size > MOST_BYTES;
    if (!batches.length || full) {
      batches.push([]);
      bytes = 0;
    }
    batches.at(-1).push(file);
    bytes += file.size;
  }
  return batches;
}

// Send all files; what was wrong with some is shown, the others are stored. What was sent before a
// stop or a failure stays.
async function sendFiles(view, dataset, label, files, place) {
  let done = 0;
  let again = 0;
  let stopped = false;
  let full = false;
  const refused = [];
  const stop = button("Stop", () => {
    stopped = true;
  });
  try {
    for (const some of portions(files)) {
      if (stopped) break;
      place
        .empty()
        .append(
          meter(done, files.length, "Upload"),
          el("span.quiet", `${done} of ${files.length}`),
          stop,
        );
      const answer = await upload(`${inClass(dataset, label)}/pictures`, "image", some);
      const failed = answer.results.filter(({ ok }) => !ok);
      const beyond = failed.filter(({ problem }) => problem.code === "quota-reached");
      for (const { index, problem } of failed.filter((result) => !beyond.includes(result))) {
        refused.push(`${some[index].name}: ${problem.detail}`);
      }
      again += answer.results.filter(({ ok, stored }) => ok && !stored.new).length;
      done += some.length - beyond.length;
      if (beyond.length) {
        refused.push(beyond[0].problem.detail); // one word for all of them; the next would not fit
        full = true;
        break;
      }
    }
  } finally {
    const stored = done - again - refused.length + (full ? 1 : 0);
    const added = capital(`${count(stored, "picture", "pictures")} added to ${nameOf(label)}.`);
    const rest = [
      again ? `There already: ${again}.` : "",
      done < files.length ? `Not ${full ? "added" : "sent"}: ${files.length - done}.` : "",
    ];
    await view.show([added, ...rest].filter(Boolean).join(" "), refused);
  }
}

// How files get into a class: {controls, receive(files)}.
function uploader(view, dataset, label) {
  const place = el("span.upload");
  const receive = (files) => {
    if (!files.length) return;
    place.text(`Sending ${sizeOf(files.reduce((sum, file) => sum + file.size, 0))} …`);
    view.attempt(() => sendFiles(view, dataset, label, files, place));
  };
  const chooser = input("file", {
    multiple: true,
    accept: "image/*,.heic,.heif",
    tabindex: -1,
    "aria-hidden": true,
  }).addClass("visually-hidden");
  chooser.on("change", () => receive([...chooser[0].files]));
  const add = button("Add pictures", () => chooser.trigger("click")).attr(
    "aria-label",
    `Add pictures to ${nameOf(label)} in ${dataset}`,
  );
  return { controls: [chooser, add, place], receive };
}

function thumbnail(view, dataset, label, file) {
  const image = $("<img loading='lazy'>").attr({
    src: `${inClass(dataset, label, "pictures", file)}?size=160`,
    alt: file,
  });
  const remove = button(
    "Delete",
    () =>
      view.attempt(async () => {
        await request("DELETE", inClass(dataset, label, "pictures", file));
        shown.children().detach();
        shown.append(el("span.quiet", "Deleted."), back);
        back.trigger("focus");
        await recount(dataset);
      }),
    "danger",
  ).attr("aria-label", `Delete ${file}`);
  const back = button("Bring back", () =>
    view.attempt(async () => {
      await request("POST", inClass(dataset, label, "pictures", file, "restore"));
      shown.empty().append(thumbnail(view, dataset, label, file).children());
      await recount(dataset);
    }),
  ).attr("aria-label", `Bring back ${file}`);
  const shown = el("li", image, remove);
  return shown;
}

// The numbers of a data set as they are now, where they stand already.
async function recount(dataset) {
  const set = await request("GET", at(dataset));
  const place = $("#view .panel").filter((_, panel) => $(panel).data("dataset") === dataset);
  place.find(".pictures-of-all").text(count(set.pictures, "picture", "pictures"));
  for (const row of set.classes) {
    place
      .find(".class-row")
      .filter((_, element) => $(element).data("label") === row.name)
      .find(".pictures-of-class")
      .text(picturesOf(row));
  }
}

function picturesOf(row) {
  const words = SPECIAL[row.name];
  return words ? `${words}, ${row.pictures}` : count(row.pictures, "picture", "pictures");
}

function gallery(view, dataset, label) {
  const grid = el("ul.thumbnails");
  const box = el("details.pictures", el("summary", "See the pictures"), grid);
  box.one("toggle", () =>
    view.attempt(async () => {
      const { pictures } = await request("GET", `${inClass(dataset, label)}/pictures`);
      const more = (from) => {
        grid.append(
          pictures.slice(from, from + SHOWN).map((file) => thumbnail(view, dataset, label, file)),
        );
        if (pictures.length > from + SHOWN) {
          const next = el(
            "li",
            button(`Show more of ${pictures.length}`, () => {
              next.remove();
              more(from + SHOWN);
            }),
          );
          grid.append(next);
        }
      };
      more(0);
    }),
  );
  return box;
}

function classRow(view, dataset, row) {
  const remove = button(
    "Delete class",
    async () => {
      if (
        await sure(
          `Delete ${nameOf(row.name)} from ${dataset}?`,
          `${count(row.pictures, "picture", "pictures")} are deleted. Models that were trained ` +
            "already keep knowing the class.",
          "Delete",
        )
      ) {
        view.attempt(async () => {
          await request("DELETE", inClass(dataset, row.name));
          view.show(`${nameOf(row.name)} was deleted from ${dataset}.`);
        });
      }
    },
    "danger",
  ).attr("aria-label", `Delete class ${nameOf(row.name)} of ${dataset}`);
  const words = SPECIAL[row.name];
  const { controls, receive } = uploader(view, dataset, row.name);
  const element = el(
    "li.class-row",
    el(
      "div.row",
      el("strong", words ? row.name : nameOf(row.name)),
      el("span.quiet.pictures-of-class", picturesOf(row)),
    ),
    el("div.actions", controls, remove),
    row.pictures ? gallery(view, dataset, row.name) : null,
  );
  return dropzone(element.data("label", row.name), receive);
}

// Files dropped on the element.
function dropzone(element, receive) {
  return element
    .on("dragover", () => {
      element.addClass("over");
    })
    .on("dragleave drop", () => {
      element.removeClass("over");
    })
    .on("drop", (event) => receive([...event.originalEvent.dataTransfer.files]));
}

function adder(view, label, where, placeholder, work) {
  const name = input("text", {
    placeholder,
    "aria-label": `${label} ${where}`.trim(),
    maxlength: 63,
    required: true,
  });
  return el("form.actions", name, el("button.button.small", label).attr("type", "submit")).on(
    "submit",
    (event) => {
      event.preventDefault();
      view.attempt(() => work(name.val().trim()));
    },
  );
}

function trainer(view, set, recipes) {
  const model = input("text", {
    value: set.name.toLowerCase().replace(/[^a-z0-9_-]+/g, "-"),
    pattern: "[a-z0-9][a-z0-9_\\-]{0,62}",
    required: true,
  });
  const recipe = select(recipes);
  const strangers = select(STRANGERS);
  const [several, isPrivate] = [0, 1].map(() => input("checkbox"));
  const wishes = () => ({
    ...(strangers.val() ? { fpir: Number(strangers.val()) } : {}),
    ...(several[0].checked ? { multi_label: true } : {}),
    ...(isPrivate[0].checked ? { private: true } : {}),
  });
  const more = el(
    "details.wishes",
    el("summary", "More choices"),
    field("Strangers who may get a name", strangers),
    el("label.quiet.keep", several, " A picture may show several classes: add it to each of them"),
    el(
      "label.quiet.keep",
      isPrivate,
      " Keep no pictures in the report, and no examples in the model",
    ),
  );
  return el(
    "form",
    el(
      "div.actions",
      field("Name of the model", model),
      field("Recipe", recipe),
      el("button.button.small.primary", "Start training").attr("type", "submit"),
    ),
    more,
  ).on("submit", (event) => {
    event.preventDefault();
    view.attempt(async () => {
      await send("POST", "api/jobs", {
        dataset: set.name,
        model: model.val(),
        recipe: recipe.val(),
        ...wishes(),
      });
      location.hash = "#training";
    });
  });
}

// What comes next: more pictures, or the training.
function next(view, set, recipes) {
  const filled = set.classes.filter((row) => row.pictures > 0);
  const special = set.classes.some((row) => row.name in SPECIAL)
    ? null
    : el(
        "p.quiet",
        "Two names of classes are special: ",
        el("code", "_unknown"),
        " for other people, so that strangers are refused, and ",
        el("code", "_none"),
        " for pictures with nobody in them.",
      );
  return filled.length < 2
    ? [
        el(
          "p.quiet",
          "A training compares classes: fill two at least, with a dozen pictures each, better " +
            "more.",
        ),
        special,
      ]
    : [special, el("div.next", el("h3", "Train a model from it"), trainer(view, set, recipes))];
}

function card(view, set, recipes) {
  const remove = button(
    "Delete data set",
    async () => {
      if (
        await sure(
          `Delete the data set ${set.name}?`,
          `${count(set.pictures, "picture", "pictures")} are deleted. This cannot be undone.`,
          "Delete",
        )
      ) {
        view.attempt(async () => {
          await request("DELETE", at(set.name));
          view.show(`${set.name} was deleted.`);
        });
      }
    },
    "danger",
  ).attr("aria-label", `Delete data set ${set.name}`);
  return panel(
    null,
    el(
      "div.row",
      el("h2", set.name),
      el("span.chip", count(set.classes.length, "class", "classes")),
      el("span.chip.pictures-of-all", count(set.pictures, "picture", "pictures")),
    ),
    set.classes.length
      ? el(
          "ul.classes",
          set.classes.map((row) => classRow(view, set.name, row)),
        )
      : empty("No class yet. One class a person, or a kind of thing."),
    adder(view, "Add class", `to ${set.name}`, "name, as anna", async (name) => {
      await send("POST", `${at(set.name)}/classes`, { name });
      view.show(`${nameOf(name)} was added.`);
    }),
    next(view, set, recipes),
    el("div.actions", remove),
  ).data("dataset", set.name);
}

export async function draw(view) {
  const { datasets } = await request("GET", "api/datasets");
  const recipes = await choicesFor("post", "/api/jobs", "recipe", RECIPE_WORDS);
  view.fill(
    el("h1", "Data sets"),
    panel(
      "New data set",
      adder(view, "Create", "data set", "name, as family", async (name) => {
        await send("POST", "api/datasets", { name });
        view.show(`${name} was created.`);
      }),
    ),
    datasets.length
      ? datasets.map((set) => card(view, set, recipes))
      : empty(
          "No data set yet. Give it a name; then add a class for each person, and their pictures.",
        ),
  );
}
