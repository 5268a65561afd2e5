// The dialog that asks for a key: the one place where it is written, for every page.

import { fill, say } from "./languages.js";

const $ = window.jQuery;

const MARKUP = `
  <dialog id="sign-in-dialog" aria-labelledby="sign-in-title">
    <form id="sign-in-form">
      <h2 id="sign-in-title" data-say="session.with-a-key"></h2>
      <p class="quiet" data-say="session.where-from"></p>
      <input class="visually-hidden" type="text" autocomplete="username" tabindex="-1"
        aria-hidden="true" value="likeness">
      <label class="field">
        <span data-say="session.key"></span>
        <input type="password" id="key" autocomplete="current-password" required>
      </label>
      <p class="bad" id="sign-in-note" role="alert"></p>
      <div class="actions">
        <button class="button primary" type="submit" data-say="session.sign-in"></button>
        <button class="button plain" type="button" id="close-sign-in" data-say="dialog.cancel"></button>
      </div>
    </form>
  </dialog>`;

export function open() {
  $("#sign-in-note").text("");
  $("#key").val("");
  $("#sign-in-dialog")[0].showModal();
}

export const close = () => $("#sign-in-dialog")[0].close();

// Put the dialog on the page. `signIn(key)` resolves when the key is right, and rejects with a
// Trouble.
export function build(signIn) {
  $("body").append(MARKUP);
  fill($("#sign-in-dialog")[0]);
  $("#close-sign-in").on("click", close);
  $("#sign-in-form").on("submit", async (event) => {
    event.preventDefault();
    $("#sign-in-note").text("");
    try {
      await signIn($("#key").val().trim());
      close();
    } catch (error) {
      const words = error.kind === "denied" ? say("session.wrong-key") : error.detail;
      $("#sign-in-note").text(words || error.title);
      $("#key").trigger("select");
    }
  });
}
