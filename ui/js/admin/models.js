// Which models there are, which version answers, and what is known about each.

import { may, request, send } from "../api.js";
import { sure } from "../components/dialog.js";
import { button, el, empty, link, panel, select } from "../dom.js";
import { listed } from "../languages.js";
import { nameOf } from "../words.js";
import { verdictOf } from "./verdict.js";

const path = (name, action = "") => `api/models/${encodeURIComponent(name)}${action}`;

// Any JSON as something to read: nested lists become nested definitions.
function fact(value) {
  if (value === null || value === undefined || value === "") return "–";
  if (typeof value === "number") return String(Number(value.toPrecision(4)));
  if (typeof value !== "object") return String(value);
  if (Array.isArray(value)) {
    return value.every((entry) => typeof entry !== "object")
      ? value.map(fact).join(", ")
      : value.map((entry) => el("div.entry", fact(entry)));
  }
  return definitions(value);
}

function definitions(object) {
  return el(
    "dl.facts",
    Object.entries(object).map(([name, value]) => [
      el("dt", name.replaceAll("_", " ").trim()),
      el("dd", fact(value)),
    ]),
  );
}

const facts = (model) =>
  el("details", el("summary", "What is known about it"), definitions(model.facts));

// What goes for good is asked about first.
function deleting(model, view, choice) {
  const gone = (title, detail, where, words) => async () => {
    if (await sure(title, detail, "Delete")) {
      view.attempt(async () => {
        await request("DELETE", where());
        view.show(words());
      });
    }
  };
  const report = "Its report goes too. This cannot be undone.";
  const one = button(
    "Delete this version",
    gone(
      `Delete this version of ${model.name}?`,
      report,
      () => path(model.name, `/versions/${choice.val()}`),
      () => `A version of ${model.name} was deleted.`,
    ),
    "danger",
  );
  const all = button(
    "Delete model",
    gone(
      `Delete the model ${model.name}?`,
      `All its ${model.versions.length} versions go. ${report} The data set stays.`,
      () => path(model.name),
      () => `${model.name} was deleted.`,
    ),
    "danger",
  );
  return [one, all];
}

// The report of the version that is chosen, where it has one.
function reportLink(model) {
  const link = el("a.button.small", "Training report").attr({ target: "_blank", rel: "noopener" });
  const follow = (version) =>
    link
      .attr("href", path(model.name, `/report?version=${version}`))
      .prop("hidden", !model.reports.includes(Number(version)));
  follow(model.version);
  return { link, follow };
}

function versions(model, act, view, report) {
  const choice = select(
    model.versions.map((version) => [version, `version ${version}`]),
    { "aria-label": `Version of ${model.name}` },
  );
  const promote = button("Answer with this version", () =>
    act(() => send("POST", path(model.name, "/promote"), { version: Number(choice.val()) })),
  );
  const [deleteOne, deleteAll] = deleting(model, view, choice);
  const redrawButtons = () => {
    const active = Number(choice.val()) === model.version;
    promote.prop("disabled", active);
    deleteOne.prop("disabled", active);
    report.follow(choice.val());
  };
  choice.val(model.version).on("change", redrawButtons);
  redrawButtons();
  return [
    choice,
    promote,
    button("Roll back", async () => {
      if (
        await sure(
          `Go back to the version before ${model.version}?`,
          `${model.name} answers with it at once.`,
          "Roll back",
        )
      ) {
        act(() => request("POST", path(model.name, "/rollback")));
      }
    }).prop("disabled", model.versions.indexOf(model.version) < 1),
    button("Load again", () => act(() => request("POST", path(model.name, "/reload")))),
    model.versions.length > 1 ? deleteOne : null,
    deleteAll,
  ];
}

function card(model, view) {
  const report = reportLink(model);
  const act = (work) =>
    view.attempt(async () => {
      const fresh = await work();
      view.show(`${fresh.name} answers with version ${fresh.version}.`);
    });
  const labels =
    listed(model.labels.slice(0, 12).map(nameOf)) +
    (model.labels.length > 12 ? ` and ${model.labels.length - 12} more` : "");
  return panel(
    null,
    el(
      "div.row",
      el("h2", model.name),
      el("span.chip", `version ${model.version}`),
      el("span.chip", model.recipe),
      model.default ? el("span.chip.chosen", "answers by default") : null,
    ),
    el("p.quiet", `Knows ${model.labels.length}: ${labels}`),
    verdictOf(model.facts),
    el(
      "div.actions",
      el("a.button.small", "Ask it").attr("href", `./#${encodeURIComponent(model.name)}`),
      report.link,
      may("admin") ? versions(model, act, view, report) : null,
    ),
    facts(model),
  );
}

export async function draw(view) {
  const { models, broken } = await request("GET", "api/models");
  const details = await Promise.all(models.map((model) => request("GET", path(model.name))));
  view.fill(
    el("h1", "Models"),
    details.map((model) => card(model, view)),
    broken.map((model) => panel(model.name, el("p.remark", model.detail))),
    models.length + broken.length
      ? null
      : empty(
          "No model is trained yet. Make ",
          link("a data set", "teach"),
          " with a class for each person, add a dozen pictures to each, and start a training.",
        ),
  );
}
