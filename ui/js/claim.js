// The link that the first start of the service prints: whoever opens it gets the admin key, once.

import { send } from "./api.js";
import { fill, say } from "./languages.js";

const $ = window.jQuery;
const MARK = "#claim=";

const MARKUP = `
  <dialog id="claim-dialog" aria-labelledby="claim-title">
    <h2 id="claim-title" data-say="claim.title"></h2>
    <p class="quiet" id="claim-text" data-say="claim.text"></p>
    <p><code class="key" id="claimed-key"></code></p>
    <p class="bad" id="claim-note" role="alert"></p>
    <div class="actions">
      <button class="button primary" type="button" id="claim" data-say="claim.get"></button>
      <button class="button plain" type="button" id="close-claim" data-say="toast.close"></button>
    </div>
  </dialog>`;

async function take(token, signIn) {
  $("#claim-note").text("");
  try {
    const { key } = await send("POST", "api/claim", { claim: token });
    $("#claimed-key").text(key);
    $("#claim-text").text(say("claim.keep"));
    $("#claim").prop("hidden", true);
    await signIn(key);
  } catch (error) {
    const gone = ["denied", "refused"].includes(error.kind);
    $("#claim-note").text(gone ? say("claim.used") : error.detail || error.title);
  }
}

// Offer the key where the address holds a claim; the address forgets it. `signIn(key)` resolves
// when the key is right.
export function offer(signIn) {
  if (!location.hash.startsWith(MARK)) return;
  const token = location.hash.slice(MARK.length);
  history.replaceState(null, "", location.pathname + location.search);
  $("body").append(MARKUP);
  fill($("#claim-dialog")[0]);
  $("#close-claim").on("click", () => $("#claim-dialog")[0].close());
  $("#claim").on("click", () => take(token, signIn));
  $("#claim-dialog")[0].showModal();
}
