// A person's right to be forgotten: one name, everywhere, and what was removed.

import { request } from "../api.js";
import { sure } from "../components/dialog.js";
import { errorState } from "../components/states.js";
import { el, field, suggesting } from "../dom.js";
import { listed, say } from "../languages.js";
import { labelFor, nameOf } from "../words.js";

const $ = window.jQuery;

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

const amount = (value) => (Array.isArray(value) ? value.length : Number(value));

const KINDS = {
  predictions: "models.removed-answers",
  corrections: "models.removed-corrections",
  pictures: "models.removed-pictures",
  kept_pictures: "models.removed-kept",
  events: "models.removed-events",
};

function removed(gone) {
  return Object.entries(KINDS)
    .filter(([kind]) => amount(gone.removed[kind] ?? 0) > 0)
    .map(([kind, key]) => say(key, { count: amount(gone.removed[kind]) }));
}

function result(gone) {
  const parts = removed(gone);
  return el(
    "div",
    el("p", el("strong", say("models.forgotten", { name: nameOf(gone.label) }))),
    parts.length ? el("p", say("models.removed", { parts: listed(parts) })) : null,
    gone.models
      .filter((model) => model.job)
      .map((model) => el("p", say("models.trains-again", { name: model.name }))),
    gone.models
      .filter((model) => !model.job)
      .map(({ name, why }) =>
        el("p.remark", `${name}: ${say("trouble.server-says", { detail: why })}`),
      ),
  );
}

async function forget(label) {
  const name = nameOf(label);
  const title = say("models.forget-title", { name });
  const yes = say("models.forget-yes", { name });
  if (!(await sure(title, say("models.forget-detail"), yes, { danger: true }))) return;
  try {
    const gone = await request("DELETE", `api/classes/${encodeURIComponent(label)}`);
    await draw(); // first: who reads the answer may already type the next name
    $("#forgotten").empty().append(result(gone));
  } catch (error) {
    $("#forgotten").empty().append(errorState(error));
  }
}

export async function draw() {
  const known = await labels().catch(() => []);
  const [name, list] = suggesting(known.map(nameOf), { id: "forget-name", required: true });
  const button = el("button.button.danger", say("models.forget-button")).attr("type", "submit");
  $("#forget-form")
    .empty()
    .append(field(say("models.forget-name"), name), list, button)
    .off("submit")
    .on("submit", (event) => {
      event.preventDefault();
      const label = labelFor(name.val(), known);
      if (label) forget(label);
    });
}
