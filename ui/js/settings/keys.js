// Keys: who may ask, teach or manage. A new key is shown once.

import { request, send } from "../api.js";
import { sure } from "../components/dialog.js";
import { toast } from "../components/toast.js";
import { button, el, field, input, select, when } from "../dom.js";
import { say } from "../languages.js";

const ROLES = {
  predict: "settings.role.predict",
  train: "settings.role.train",
  admin: "settings.role.admin",
};
const roles = () => Object.entries(ROLES).map(([role, key]) => [role, say(key)]);

function shownOnce(key) {
  const code = el("code.key", key.key);
  const copy = button(say("settings.copy"), async () => {
    try {
      await navigator.clipboard.writeText(key.key);
      copy.text(say("copy.done"));
    } catch {
      getSelection().selectAllChildren(code[0]);
      copy.text(say("copy.selected"));
    }
  });
  return el(
    "div.fresh",
    el("p", say("settings.shown-once", { name: key.name, role: key.role })),
    el("div.actions", code, copy),
  ).attr({ role: "status", tabindex: -1 });
}

function maker(made) {
  const name = input("text", {
    maxlength: 64,
    required: true,
    placeholder: say("settings.for-whom"),
  });
  const role = select(roles());
  const days = input("number", { min: 1, max: 3650, placeholder: say("settings.for-ever") });
  // a key for CompreFace's clients is a UUID about one model, and opens nothing else
  const model = input("text", {
    maxlength: 63,
    pattern: "[a-z0-9][a-z0-9_\\-]*",
    placeholder: say("settings.key-model.none"),
  });
  const wrong = el("p.bad").attr("role", "alert");
  const form = el(
    "form.maker",
    field(say("settings.name"), name),
    field(say("settings.role"), role),
    field(say("settings.days"), days),
    field(say("settings.key-model"), model),
    el("button.button.primary", say("settings.make")).attr("type", "submit"),
    wrong,
  );
  return form.on("submit", async (event) => {
    event.preventDefault();
    wrong.text("");
    try {
      const until = days.val() ? { days: Number(days.val()) } : {};
      const about = model.val() ? { model: model.val().trim() } : {};
      const wanted = { name: name.val().trim(), role: role.val(), ...until, ...about };
      made(await send("POST", "api/keys", wanted));
    } catch (error) {
      wrong.text(error.detail || error.title);
    }
  });
}

function stateOf(key) {
  if (key.revoked) return say("settings.revoked", { when: when(key.revoked) });
  if (!key.valid) return say("settings.expired", { when: when(key.expires) });
  return key.expires ? say("settings.until", { when: when(key.expires) }) : say("settings.valid");
}

// changed(key): called after it was revoked, or with a fresh one after it was rotated
function actions(key, changed) {
  const revoke = async () => {
    const title = say("settings.revoke.sure", { name: key.name });
    const yes = say("settings.revoke");
    if (!(await sure(title, say("settings.revoke.note"), yes, { danger: true }))) return;
    await attempt(async () => {
      await request("DELETE", `api/keys/${key.id}`);
      toast(say("settings.revoke.done", { name: key.name }));
      await changed(null);
    });
  };
  const rotate = async () => {
    const title = say("settings.rotate.sure", { name: key.name });
    if (!(await sure(title, say("settings.rotate.note"), say("settings.rotate")))) return;
    await attempt(async () => changed(await request("POST", `api/keys/${key.id}/rotate`)));
  };
  return [
    button(say("settings.rotate"), rotate).attr(
      "aria-label",
      say("settings.rotate.whose", { name: key.name }),
    ),
    button(say("settings.revoke"), revoke, "danger").attr(
      "aria-label",
      say("settings.revoke.whose", { name: key.name }),
    ),
  ];
}

async function attempt(work) {
  try {
    await work();
  } catch (error) {
    toast(error.detail || error.title);
  }
}

function row(key, changed) {
  const made = say("settings.made", { when: when(key.created) });
  const about = key.model ? ` · CompreFace, ${key.model}` : "";
  return el(
    "li",
    el(
      `div.who${key.valid ? "" : ".gone"}`,
      el("strong", key.name),
      el("span.quiet.small-text", `${key.role} · ${made} · ${stateOf(key)}${about}`),
    ),
    key.valid ? actions(key, changed) : null,
  );
}

// All keys in a place of the page; fresh: one that was just made, shown this once.
export async function draw(place, fresh = null) {
  const { keys } = await request("GET", "api/keys");
  const again = (made) => draw(place, made);
  const once = fresh ? shownOnce(fresh) : null;
  const valid = (key) => Number(!key.valid);
  const sorted = [...keys].sort((a, b) => valid(a) - valid(b));
  place.empty().append(
    once,
    maker(again),
    el(
      "ul.keys",
      sorted.map((key) => row(key, again)),
    ).attr("aria-label", say("settings.keys")),
  );
  once?.trigger("focus");
}
