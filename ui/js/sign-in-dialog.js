// The dialog that asks for a key: the one place where it is written, for every page.

const $ = window.jQuery;

const MARKUP = `
  <dialog id="sign-in-dialog" aria-labelledby="sign-in-title">
    <form id="sign-in-form">
      <h2 id="sign-in-title">Sign in with a key</h2>
      <p class="quiet">
        The first start of the service printed a link to the admin key; an admin makes further ones.
      </p>
      <label class="field">
        Key <input type="password" id="key" autocomplete="current-password" required>
      </label>
      <p class="bad" id="sign-in-note" role="alert"></p>
      <div class="actions">
        <button class="button primary" type="submit">Sign in</button>
        <button class="button plain" type="button" id="close-sign-in">Cancel</button>
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
  $("#close-sign-in").on("click", close);
  $("#sign-in-form").on("submit", async (event) => {
    event.preventDefault();
    $("#sign-in-note").text("");
    try {
      await signIn($("#key").val().trim());
      close();
    } catch (error) {
      $("#sign-in-note").text(error.detail || error.title);
      $("#key").trigger("select");
    }
  });
}
