// The command for programs, which names this server and the model that is chosen.

import { say } from "../languages.js";
import { at } from "../root.js";

const $ = window.jQuery;

// The model is named where another one would answer.
export function showCommand(model) {
  const target = new URL(at("api/classify_image"));
  if (model && !model.default) target.searchParams.set("model", model.name);
  const command = `base64 < photo.jpg | curl -s '${target.href}' --data-urlencode image_data@-`;
  $("#curl").text(command);
}

export function offerCommand() {
  $("#copy-curl").on("click", async (event) => {
    try {
      await navigator.clipboard.writeText($("#curl").text());
      $(event.target).text(say("copy.done"));
    } catch {
      getSelection().selectAllChildren($("#curl")[0]);
      $(event.target).text(say("copy.selected"));
    }
  });
}
