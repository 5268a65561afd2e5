// One sentence about what was just done, at the foot of the window, with a way back.

import { button, el } from "../dom.js";
import { say } from "../languages.js";

const $ = window.jQuery;
const STAYS = 8000; // milliseconds; not while the pointer or the keyboard is on it

let leave = 0;

function place() {
  if (!$("#toasts").length) $("body").append($("<div id='toasts' role='status'>"));
  return $("#toasts");
}

function leaveLater(shown) {
  clearTimeout(leave);
  leave = setTimeout(() => {
    if (shown.is(":hover") || shown.find(":focus").length) leaveLater(shown);
    else shown.remove();
  }, STAYS);
}

// undo(): takes back what was done; without it, the toast only tells.
export function toast(text, undo = null) {
  const shown = el("div.toast", el("span", text));
  const close = () => shown.remove();
  if (undo) {
    shown.append(
      button(say("toast.undo"), () => {
        close();
        undo();
      }),
    );
  }
  shown.append(button("×", close, "plain").attr("aria-label", say("toast.close")));
  place().empty().append(shown);
  leaveLater(shown);
}
