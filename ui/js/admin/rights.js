// A person's right to be forgotten: one name, everywhere, and what was removed.

import { request } from "../api.js";
import { sure } from "../components/dialog.js";
import { el, field, panel, suggesting, table } from "../dom.js";
import { nameOf } from "../words.js";

function result(gone) {
  const removed = Object.entries(gone.removed).map(([name, value]) => [
    nameOf(name),
    Array.isArray(value) ? value.join(", ") || "none" : String(value),
  ]);
  const models = gone.models
    .filter((model) => model.job)
    .map((model) => [
      `Model ${model.name}`,
      `${model.versions.length > 1 ? "versions" : "version"} ${model.versions.join(", ")} knew ` +
        "the name; a retraining without it is queued",
    ]);
  const undone = gone.models
    .filter((model) => !model.job)
    .map((model) => el("p.remark", `Model ${model.name}: ${model.why}`));
  return panel(
    `${nameOf(gone.label)} is forgotten`,
    el("p.note", "From now on no answer says this name. What was removed:"),
    table("Removed", ["What", "How much"], [...removed, ...models]),
    undone,
  );
}

// Every label that a model knows or a data set has a class for.
async function labels() {
  const [{ models }, { datasets }] = await Promise.all([
    request("GET", "api/models"),
    request("GET", "api/datasets"),
  ]);
  const all = [
    ...models.flatMap((model) => model.labels),
    ...datasets.flatMap((set) => set.classes.map((row) => row.name)),
  ];
  return [...new Set(all)].filter((label) => !label.startsWith("_")).sort();
}

export async function draw(view, gone = null) {
  const [label, list] = suggesting(await labels(), {
    required: true,
    placeholder: "as anna_smith",
  });
  const form = el(
    "form.actions",
    field("Label", label),
    list,
    el("button.button.small.danger", "Forget").attr("type", "submit"),
  ).on("submit", async (event) => {
    event.preventDefault();
    const name = label.val().trim();
    const detail =
      "Their pictures, answers and corrections are deleted and the models are trained again " +
      "without them. This cannot be undone.";
    if (await sure(`Forget ${nameOf(name)} everywhere?`, detail, "Forget")) {
      view.attempt(async () =>
        draw(view, await request("DELETE", `api/classes/${encodeURIComponent(name)}`)),
      );
    }
  });
  view.fill(
    el("h1", "Forgetting"),
    gone ? result(gone) : null,
    panel(
      "Forget a person",
      el(
        "p.quiet",
        "Everybody may ask to be forgotten. This removes a class from data sets, models, the " +
          "log and kept pictures.",
      ),
      form,
    ),
  );
}
