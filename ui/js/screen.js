// What every screen does first: the head, who this person is, and the words for whoever may not
// come in. A screen's HTML has its own part in <div id="screen" hidden> inside <main>.

import { may, ready, who } from "./api.js";
import { errorState, gateState } from "./components/states.js";
import { say } from "./languages.js";
import * as pageHead from "./page-head.js";
import { SCREENS } from "./screens.js";
import * as session from "./session.js";

const $ = window.jQuery;
const RETRY_EVERY = 3000; // milliseconds between two looks for a server that went away
let later = 0;

// In front of the screen, in its place, until there is nothing to say.
function inPlace(...content) {
  $("#instead").remove();
  $("#screen").prop("hidden", content.length > 0);
  if (content.length) $("<div id='instead'>").append(content).prependTo("main");
}

// Do something again as soon as the server answers.
export function whenBack(again) {
  clearTimeout(later);
  later = setTimeout(() => ready().then(again, () => whenBack(again)), RETRY_EVERY);
}

function open(role, draw) {
  if (may(role)) {
    inPlace();
    draw();
  } else {
    inPlace(gateState(role, who, session.ask));
  }
}

function failed(error, again) {
  if (!error.title) console.error(error);
  inPlace(errorState(error, again));
  if (error.kind === "away") whenBack(again);
}

function watchTheLine() {
  const banner = $("<p class='offline' role='status' hidden>").text(say("state.offline"));
  $("main").before(banner);
  const draw = () => banner.prop("hidden", navigator.onLine);
  $(window).on("online offline", draw);
  draw();
}

// Start a screen of js/screens.js. draw() is called when this person may use it, and again when
// they sign in as somebody else.
export function start(name, draw) {
  const { role } = SCREENS.find((screen) => screen.name === name);
  pageHead.draw(name);
  watchTheLine();
  const begin = () => session.start(() => open(role, draw)).catch((error) => failed(error, begin));
  begin();
}
