// Signing in with a key, and what one may do then. The key itself is sent once and kept nowhere in the page.

import { may, request, send, who } from "./api.js";

const $ = window.jQuery;
let changed = () => {};

function draw() {
  const signedIn = who.via === "session";
  $("#sign-in").prop("hidden", signedIn || who.role === "admin");
  $("#sign-out").prop("hidden", !signedIn).attr("title", `Signed in as ${who.name}, role ${who.role}`);
  $("#manage").prop("hidden", !may("train"));
}

async function adopt(pending) {
  Object.assign(who, await pending);
  draw();
  changed();
}

function openDialog() {
  $("#sign-in-note").text("");
  $("#key").val("");
  $("#sign-in-dialog")[0].showModal();
}

async function submit(event) {
  event.preventDefault();
  $("#sign-in-note").text("");
  try {
    await adopt(send("POST", "api/session", { key: $("#key").val().trim() }));
    $("#sign-in-dialog")[0].close();
  } catch (error) {
    $("#sign-in-note").text(error.detail || error.title);
    $("#key").trigger("select");
  }
}

// Wire the buttons and find out who we are; `onChange` is called now and whenever that changes.
export async function start(onChange) {
  changed = onChange;
  $("#sign-in").on("click", openDialog);
  $("#sign-in-form").on("submit", submit);
  $("#close-sign-in").on("click", () => $("#sign-in-dialog")[0].close());
  $("#sign-out").on("click", () => adopt(request("DELETE", "api/session")).then(refresh));
  await refresh();
}

// Ask again: after signing out, the machine itself may still have a role.
export const refresh = () => adopt(request("GET", "api/session"));
export const ask = openDialog;
