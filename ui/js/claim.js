// The link that the first start of the service prints: whoever opens it gets the admin key, once.

import { send } from "./api.js";

const $ = window.jQuery;
const MARK = "#claim=";

const MARKUP = `
  <dialog id="claim-dialog" aria-labelledby="claim-title">
    <h2 id="claim-title">The admin key</h2>
    <p class="quiet" id="claim-text">
      This link gives the first admin key, once. With it you manage models, data sets and keys.
    </p>
    <p><code class="key" id="claimed-key"></code></p>
    <p class="bad" id="claim-note" role="alert"></p>
    <div class="actions">
      <button class="button primary" type="button" id="claim">Get the key</button>
      <button class="button plain" type="button" id="close-claim">Close</button>
    </div>
  </dialog>`;

async function take(token, signIn) {
  $("#claim-note").text("");
  try {
    const { key } = await send("POST", "api/claim", { claim: token });
    $("#claimed-key").text(key);
    $("#claim-text").text("It is shown only now: keep it in a safe place. You are signed in.");
    $("#claim").prop("hidden", true);
    await signIn(key);
  } catch (error) {
    $("#claim-note").text(error.detail || error.title);
  }
}

// Offer the key where the address holds a claim; the address forgets it. `signIn(key)` resolves
// when the key is right.
export function offer(signIn) {
  if (!location.hash.startsWith(MARK)) return;
  const token = location.hash.slice(MARK.length);
  history.replaceState(null, "", location.pathname + location.search);
  $("body").append(MARKUP);
  $("#close-claim").on("click", () => $("#claim-dialog")[0].close());
  $("#claim").on("click", () => take(token, signIn));
  $("#claim-dialog")[0].showModal();
}
