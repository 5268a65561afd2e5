// The head of every screen: the brand, the screens that this person may use, and who they are.

import { may, who } from "./api.js";
import { el } from "./dom.js";
import { say } from "./languages.js";
import { at } from "./root.js";
import { SCREENS } from "./screens.js";

const $ = window.jQuery;

const brand = () =>
  el(
    "a.brand",
    $("<img alt='' width='28' height='28'>").attr("src", at("logo.svg")),
    "Likeness",
  ).attr("href", at(""));

function entry({ name, path, title }, current) {
  const link = el("a", say(title)).attr({ href: at(path), "data-screen": name });
  return el("li", name === current ? link.attr("aria-current", "page") : link);
}

// On a phone the screens are behind a button.
function menuButton(list) {
  const menu = el("button.button.small.menu", say("nav.menu"));
  const open = (wanted) => {
    menu.attr("aria-expanded", String(wanted));
    list.toggleClass("open", wanted);
  };
  menu
    .attr({ type: "button", "aria-controls": "screens" })
    .on("click", () => open(menu.attr("aria-expanded") !== "true"));
  $(document).on("keydown", (event) => {
    if (event.key !== "Escape" || menu.attr("aria-expanded") !== "true") return;
    open(false);
    menu.trigger("focus");
  });
  open(false);
  return menu;
}

// Draw the head into <header class="top" id="page-head">; what a screen has of its own in there
// stays, at the end.
export function draw(current) {
  const head = $("#page-head");
  const own = head.children().detach();
  const list = el("ul");
  const nav = el("nav.screens", list).attr({ id: "screens", "aria-label": say("nav.screens") });
  const end = el(
    "div.top-end",
    own,
    el("button.button.small", say("session.sign-in")).attr({ type: "button", id: "sign-in" }),
    el("button.button.small.plain", say("session.sign-out")).attr({
      type: "button",
      id: "sign-out",
    }),
  );
  end.find("#sign-in, #sign-out").prop("hidden", true);
  head.data("screen", current).append(brand(), menuButton(nav), nav, end);
}

// The screens that this person may use.
export const allowed = () => SCREENS.filter(({ role }) => may(role));

// Show what this person may use, now that the server said who they are.
export function update() {
  const signedIn = who.via === "session";
  const head = $("#page-head");
  head
    .find("#screens ul")
    .empty()
    .append(allowed().map((screen) => entry(screen, head.data("screen"))));
  $("#sign-in").prop("hidden", signedIn || who.role === "admin");
  $("#sign-out")
    .prop("hidden", !signedIn)
    .attr(
      "title",
      signedIn ? say("session.signed-in-as", { name: who.name, role: who.role }) : null,
    );
}
