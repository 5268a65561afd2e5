// Keys: who may ask, train or manage. A new key is shown once.

import { request, send } from "../api.js";
import { sure } from "../components/dialog.js";
import { button, el, field, input, panel, select, table, when } from "../dom.js";
import { choicesFor } from "./choices.js";

const ROLE_WORDS = {
  predict: "predict: ask about pictures",
  train: "train: also data sets and training",
  admin: "admin: everything",
};

function shownOnce(key) {
  const code = el("code.key", key.key);
  const copy = button("Copy", async () => {
    try {
      await navigator.clipboard.writeText(key.key);
      copy.text("Copied");
    } catch {
      getSelection().selectAllChildren(code[0]);
      copy.text("Selected: press Ctrl+C");
    }
  });
  return panel(
    `The key of ${key.name}`,
    el(
      "p.note",
      "It is shown only now. Whoever has it may act with the role ",
      el("strong", key.role),
      ".",
    ),
    el("div.actions", code, copy),
  );
}

function maker(view, roles) {
  const name = input("text", { maxlength: 64, required: true, placeholder: "for whom or what" });
  const role = select(roles);
  const days = input("number", { min: 1, max: 3650, placeholder: "for ever" });
  return el(
    "form.actions",
    field("Name", name),
    field("Role", role),
    field("Valid for days", days),
    el("button.button.small.primary", "Make a key").attr("type", "submit"),
  ).on("submit", (event) => {
    event.preventDefault();
    view.attempt(async () => {
      const fresh = await send("POST", "api/keys", {
        name: name.val().trim(),
        role: role.val(),
        ...(days.val() ? { days: Number(days.val()) } : {}),
      });
      await draw(view, fresh);
    });
  });
}

function stateOf(key) {
  if (key.revoked) return `revoked ${when(key.revoked)}`;
  if (key.valid) return key.expires ? `until ${when(key.expires)}` : "valid";
  return `expired ${when(key.expires)}`;
}

function revoker(view, key) {
  const revoke = button(
    "Revoke",
    async () => {
      if (await sure(`Revoke the key of ${key.name}?`, "It stops working at once.", "Revoke")) {
        view.attempt(async () => {
          await request("DELETE", `api/keys/${key.id}`);
          view.show(`The key of ${key.name} was revoked.`);
        });
      }
    },
    "danger",
  );
  return revoke.attr("aria-label", `Revoke the key of ${key.name}`);
}

export async function draw(view, fresh = null) {
  const { keys } = await request("GET", "api/keys");
  const roles = await choicesFor("post", "/api/keys", "role", ROLE_WORDS);
  const rows = keys.map((key) => [
    key.name,
    key.role,
    when(key.created),
    stateOf(key),
    key.valid ? revoker(view, key) : "",
  ]);
  view.fill(
    el("h1", "Keys"),
    fresh ? shownOnce(fresh) : null,
    panel("New key", maker(view, roles)),
    panel("All keys", table("Keys", ["Name", "Role", "Made", "State", "Action"], rows)),
  );
}
