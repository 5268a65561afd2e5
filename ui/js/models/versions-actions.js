// What changes which version answers, or deletes one. Each says what happened, with a way back
// where there is one.

import { modelPath, request, send } from "../api.js";
import { openDialog, sure } from "../components/dialog.js";
import { toast } from "../components/toast.js";
import { button, el } from "../dom.js";
import { say } from "../languages.js";

async function attempt(work) {
  try {
    await work();
  } catch (error) {
    toast(error.detail || error.title || String(error));
  }
}

const answers = (name, version) => say("models.answers-with", { name, version: String(version) });

async function switchTo(name, version) {
  await send("POST", modelPath(name, "/promote"), { version });
}

// Answer with another version; Undo goes back to the one that answered.
export function promote(model, version, again) {
  return attempt(async () => {
    await switchTo(model.name, version);
    toast(answers(model.name, version), () =>
      attempt(async () => {
        await switchTo(model.name, model.version);
        toast(answers(model.name, model.version));
        again();
      }),
    );
    again();
  });
}

export function rollBack(model, again) {
  const earlier = model.versions.filter((version) => version < model.version).at(-1);
  if (!earlier) return null;
  return button(say("models.roll-back", { version: String(earlier) }), () =>
    promote(model, earlier, again),
  );
}

// Which model answers where nobody chooses one is a setting of the service.
export function makeDefault({ name, default: already }) {
  if (already) return null;
  return button(say("models.make-default"), () => {
    const close = button(say("dialog.back"), () => dialog.close()).attr("autofocus", "");
    const how = el("p", say("models.make-default-how", { name }));
    const title = say("models.make-default-title", { name });
    const dialog = openDialog(title, how, el("div.actions", close));
  });
}

export async function deleteVersion(model, version, again) {
  const title = say("models.delete-version-title", { name: model.name, version: String(version) });
  const yes = say("models.delete");
  if (!(await sure(title, say("models.delete-detail"), yes, { danger: true }))) return;
  await attempt(async () => {
    await request("DELETE", modelPath(model.name, `/versions/${version}`));
    toast(say("models.deleted-version", { name: model.name, version: String(version) }));
    again();
  });
}

export function deleteModel(model, again) {
  return el("button.button.small.danger", say("models.delete-model"))
    .attr("type", "button")
    .on("click", async () => {
      const title = say("models.delete-model-title", { name: model.name });
      const detail = say("models.delete-model-detail", { count: model.versions.length });
      if (!(await sure(title, detail, say("models.delete"), { danger: true }))) return;
      await attempt(async () => {
        await request("DELETE", modelPath(model.name));
        toast(say("models.deleted-model", { name: model.name }));
        again();
      });
    });
}
