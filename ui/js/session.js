// Signing in with a key, and what one may do then. The key itself is sent once and kept nowhere in
// the page.

import { request, send, who } from "./api.js";
import * as claim from "./claim.js";
import * as pageHead from "./page-head.js";
import * as signInDialog from "./sign-in-dialog.js";

const $ = window.jQuery;
let changed = () => {};

async function adopt(pending) {
  Object.assign(who, await pending);
  pageHead.update();
  changed();
}

const signIn = (key) => adopt(send("POST", "api/session", { key }));

// address: of this session, or of all that its key has
export const signOut = (address) => adopt(request("DELETE", address)).then(refresh);

// Wire the buttons and find out who we are; `onChange` is called now and whenever that changes.
export async function start(onChange) {
  changed = onChange;
  signInDialog.build(signIn);
  $("#sign-in").off("click").on("click", ask);
  $("#sign-out")
    .off("click")
    .on("click", () => signOut("api/session"));
  await refresh();
  claim.offer(signIn);
}

// Ask again: after signing out, the machine itself may still have a role.
export const refresh = () => adopt(request("GET", "api/session"));
export const ask = signInDialog.open;
