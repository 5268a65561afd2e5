// Wires the admin corner: one view at a time, chosen by the address's #part, shown to those whose
// role allows it.

import * as models from "./js/admin/models.js";
import * as rights from "./js/admin/rights.js";
import * as training from "./js/admin/training.js";
import { may, ready, who } from "./js/api.js";
import { button, el, redraw } from "./js/dom.js";
import * as pageHead from "./js/page-head.js";
import * as session from "./js/session.js";

const $ = window.jQuery;
const VIEWS = { models, training, rights };
const MOVED = { "#datasets": "teach" }; // parts that are a screen by now

let visit = 0; // a view that was left must not draw any more
let working = 0; // requests under way
let later = 0; // the next look for a server that went away
const RETRY_EVERY = 2000; // milliseconds between two looks

function trouble(error) {
  if (!error.title) console.error(error);
  $("#trouble")
    .text([error.title, error.detail].filter(Boolean).join(" ") || String(error))
    .prop("hidden", false)[0]
    .scrollIntoView({ block: "nearest" });
}

// A server that went away is asked again until it is back; then the work goes on.
function goOnWhenBack(error, work) {
  if (error.kind !== "away") return;
  clearTimeout(later);
  later = setTimeout(
    () => ready().then(work, (still) => goOnWhenBack({ ...still, kind: "away" }, work)),
    RETRY_EVERY,
  );
}

// What was done, in sight wherever the page is scrolled to, until the next view or a click.
function done(sentence, refused) {
  const list = refused.length
    ? el(
        "ul",
        refused.map((reason) => el("li", reason)),
      )
    : null;
  const close = button("OK", () => $("#done").empty(), "plain");
  $("#done")
    .empty()
    .append(el("div", el("p", sentence), list), close);
}

function viewFor(name) {
  const mine = ++visit;
  const view = {
    fill(...content) {
      if (mine === visit) redraw(() => $("#view").empty().append(content.flat(2).filter(Boolean)));
    },
    // Draw again, with a sentence on top and the files that were refused.
    async show(sentence = "", refused = []) {
      if (mine !== visit) return;
      if (sentence) done(sentence, refused);
      await view.attempt(() => VIEWS[name].draw(view));
    },
    // Do something; a failure becomes a sentence instead of an exception.
    async attempt(work, then = () => {}) {
      $("#trouble").prop("hidden", true);
      const before = $("#done").children()[0];
      working += 1;
      $("#view").attr("aria-busy", "true");
      try {
        await work();
        await then();
      } catch (error) {
        if (mine !== visit) return;
        // what was done before is no answer to what failed now
        if (before && before === $("#done").children()[0]) $("#done").empty();
        trouble(error);
        goOnWhenBack(error, () => mine === visit && view.show());
      } finally {
        working -= 1;
        $("#view").attr("aria-busy", String(working > 0));
      }
    },
  };
  return view;
}

function allowed() {
  return $("#tabs a")
    .filter((_, tab) => may($(tab).data("role")))
    .map((_, tab) => tab.hash.slice(1))
    .get();
}

function open() {
  if (location.hash in MOVED) {
    location.replace(MOVED[location.hash]);
    return;
  }
  const names = allowed();
  const wanted = location.hash.slice(1);
  const name = names.includes(wanted) ? wanted : names[0];
  training.leave();
  $("#tabs").prop("hidden", !names.length);
  $("#gate").prop("hidden", names.length > 0);
  $("#tabs a").each((_, tab) => {
    const its = tab.hash.slice(1);
    $(tab)
      .prop("hidden", !names.includes(its))
      .attr("aria-current", its === name ? "page" : null);
    if (its === name) tab.scrollIntoView({ block: "nearest", inline: "center" });
  });
  $("#view, #done").empty();
  $("#trouble").prop("hidden", true);
  if (!name) {
    $("#gate .note").text(
      who.role === "none" || who.via === "local"
        ? $("#gate .note").text()
        : `Your key has the role ${who.role}; this needs train or admin.`,
    );
    return;
  }
  viewFor(name).show();
}

if ($) {
  pageHead.draw("admin");
  $("#gate-sign-in").on("click", session.ask);
  $(window).on("hashchange", open);
  // A drop beside a class must not leave the page.
  $(document).on("dragover drop", (event) => event.preventDefault());
  const begin = () =>
    session.start(open).catch((error) => {
      trouble(error);
      goOnWhenBack(error, begin);
    });
  begin();
} else {
  document.getElementById("trouble").hidden = false;
  document.getElementById("trouble").textContent =
    "ui/vendor/ has no jQuery: run make setup, then reload.";
}
