// A dialog that is made when it is needed and gone when it is closed. The browser keeps the
// keyboard in it and gives it back.

import { el } from "../dom.js";
import { say } from "../languages.js";

const $ = window.jQuery;
let made = 0;

// Open a dialog with any content; returns its element. close(): dialog.close().
export function openDialog(title, ...content) {
  made += 1;
  const id = `dialog-${made}`;
  const dialog = el("dialog", el("h2", title).attr("id", id), ...content).attr(
    "aria-labelledby",
    id,
  );
  $("body").append(dialog);
  dialog.on("close", () => dialog.remove());
  dialog[0].showModal();
  return dialog[0];
}

// Ask before something that cannot be undone. Resolves to true for yes.
// danger: whether the yes destroys something
export function sure(title, detail, yes = say("dialog.yes"), { danger = false } = {}) {
  const button = (text, value, kind) => el(`button.button${kind}`, text).attr("value", value);
  const no = button(say("dialog.back"), "no", "").attr("autofocus", "");
  const form = el(
    "form",
    el("p.quiet", detail),
    el(
      "div.actions",
      button(yes, "yes", danger ? ".danger" : ".primary").attr("id", "sure-yes"),
      no,
    ),
  ).attr("method", "dialog");
  const dialog = openDialog(title, form);
  dialog.id = "sure-dialog";
  return new Promise((resolve) =>
    $(dialog).one("close", () => resolve(dialog.returnValue === "yes")),
  );
}
