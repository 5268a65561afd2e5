// All faces of a group, to take out those that are somebody else's.

import { openDialog } from "../components/dialog.js";
import { button, el, when } from "../dom.js";
import { say } from "../languages.js";
import { facePicture, seen } from "./card.js";

// takeOut(faces) is called with those that were chosen.
export function openFaces(stranger, takeOut) {
  const chosen = new Set();
  const most = stranger.faces.length;
  const out = button(say("strangers.take-out"), () => {
    dialog.close();
    takeOut([...chosen]);
  }).prop("disabled", true);
  const faces = stranger.faces.map((face, index) => {
    const words = say("strangers.face", { number: index + 1, when: when(face.time) });
    const shown = el("button", facePicture(face)).attr({
      type: "button",
      "aria-pressed": "false",
      "aria-label": words,
      title: words,
    });
    return shown.on("click", () => {
      if (!chosen.delete(face)) chosen.add(face);
      shown.attr("aria-pressed", String(chosen.has(face)));
      const all = chosen.size === stranger.count;
      out.prop("disabled", !chosen.size || all);
    });
  });
  const dialog = openDialog(
    seen(stranger),
    el("p.quiet", stranger.count > 1 ? say("strangers.choose-others") : ""),
    el("div.all-faces", faces),
    stranger.count > most ? el("p.quiet", say("strangers.newest", { count: most })) : null,
    el(
      "div.actions",
      stranger.count > 1 ? out : null,
      button(say("review.close"), () => dialog.close(), "plain"),
    ),
  );
}
