// Keys: who may ask, train or manage. A new key is shown once.

import { request, send } from "../api.js";
import { button, el, field, input, panel, select, sure, table, when } from "../dom.js";

const ROLES = [["predict", "predict: ask about pictures"], ["train", "train: also data sets and training"], ["admin", "admin: everything"]];

function shownOnce(made) {
  const code = el("code.key", made.key);
  const copy = button("Copy", async () => {
    try {
      await navigator.clipboard.writeText(made.key);
      copy.text("Copied");
    } catch {
      getSelection().selectAllChildren(code[0]);
      copy.text("Selected: press Ctrl+C");
    }
  });
  return panel(`The key of ${made.name}`, el("p.note", "It is shown only now. Whoever has it may act with the role ", el("strong", made.role), "."), el("div.actions", code, copy));
}

function maker(view) {
  const name = input("text", { maxlength: 64, required: true, placeholder: "for whom or what" });
  const role = select(ROLES);
  const days = input("number", { min: 1, max: 3650, placeholder: "for ever" });
  return el("form.actions", field("Name", name), field("Role", role), field("Valid for days", days), el("button.button.small.primary", "Make a key").attr("type", "submit"))
    .on("submit", (event) => {
      event.preventDefault();
      view.attempt(async () => {
        const made = await send("POST", "api/keys", { name: name.val().trim(), role: role.val(), ...(days.val() ? { days: Number(days.val()) } : {}) });
        await draw(view, made);
      });
    });
}

function stateOf(key) {
  if (key.revoked) return `revoked ${when(key.revoked)}`;
  if (key.valid) return key.expires ? `until ${when(key.expires)}` : "valid";
  return `expired ${when(key.expires)}`;
}

function revoker(view, key) {
  const revoke = button("Revoke", async () => {
    if (await sure(`Revoke the key of ${key.name}?`, "It stops working at once.", "Revoke")) {
      view.attempt(async () => {
        await request("DELETE", `api/keys/${key.id}`);
        view.show(`The key of ${key.name} was revoked.`);
      });
    }
  }, "danger");
  return revoke.attr("aria-label", `Revoke the key of ${key.name}`);
}

export async function draw(view, made = null) {
  const { keys } = await request("GET", "api/keys");
  const rows = keys.map((key) => [key.name, key.role, when(key.created), stateOf(key), key.valid ? revoker(view, key) : ""]);
  view.fill(el("h1", "Keys"), made ? shownOnce(made) : null, panel("New key", maker(view)), panel("All keys", table("Keys", ["Name", "Role", "Made", "State", "Action"], rows)));
}
