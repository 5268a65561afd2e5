// Settings: the language of this browser, who is signed in, and the keys of the server.

import { may, who } from "../api.js";
import { filters } from "../components/filters.js";
import { errorState } from "../components/states.js";
import { button } from "../dom.js";
import { LANGUAGES, language, say, speak } from "../languages.js";
import * as screen from "../screen.js";
import * as session from "../session.js";
import * as keys from "./keys.js";

const $ = window.jQuery;

const ROLES = {
  none: "settings.may.none",
  predict: "settings.may.predict",
  train: "settings.may.train",
  admin: "settings.may.admin",
};

function drawSession() {
  const signedIn = who.via === "session";
  const words = signedIn
    ? say("settings.signed-in", { name: who.name })
    : say(who.role === "none" ? "settings.not-signed-in" : "settings.without-key");
  $("#session-words").text(`${words} ${say(ROLES[who.role])}`);
  const everywhere = button(say("session.sign-out-everywhere"), () =>
    session.signOut("api/session?everywhere=true"),
  ).attr({ id: "sign-out-everywhere", title: say("session.everywhere-means") });
  $("#session-actions")
    .empty()
    .append(
      button(say(signedIn ? "settings.other-key" : "session.sign-in"), session.ask),
      signedIn ? everywhere : null,
    );
}

async function draw() {
  $("#languages")
    .empty()
    .append(filters(say("settings.language"), Object.entries(LANGUAGES), language, speak));
  drawSession();
  $("#keys").prop("hidden", !may("admin"));
  if (!may("admin")) return;
  try {
    await keys.draw($("#keys-place"));
  } catch (error) {
    $("#keys-place").empty().append(errorState(error, draw));
  }
}

screen.start("settings", draw);
