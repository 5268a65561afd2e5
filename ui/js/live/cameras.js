// Who the watched cameras saw last: the newest events of the log, for those who may see it.

import { may, request } from "../api.js";
import { openDialog } from "../components/dialog.js";
import { el, when } from "../dom.js";
import { listed, say } from "../languages.js";
import { at } from "../root.js";
import { initialsOf, nameOf } from "../words.js";

const $ = window.jQuery;
const KEPT = 12; // events of the strip
const EVERY = 5000; // milliseconds between two looks at the log
const SIZE = 288; // pixels of a small picture, shown at half of that

let timer = 0;
let drawn = "";

const names = (row) => row.regions.flatMap(({ labels }) => labels);

function who(row) {
  const known = names(row).map(nameOf);
  return known.length ? listed(known) : say("live.somebody-unknown");
}

const source = (row) => at(`api/predictions/${row.id}/picture`);

// The frame where the service keeps pictures; else the first letters of the name.
function picture(row) {
  if (!row.kept) return el("span.print-picture.no-picture", initialsOf(names(row)[0] ?? "?"));
  const image = $("<img alt='' loading='lazy'>").attr("src", `${source(row)}?size=${SIZE}`);
  return el("span.print-picture", image);
}

function enlarge(row) {
  const image = $("<img class='asked-large' alt=''>").attr("src", source(row));
  openDialog(`${row.camera} · ${when(row.time)} · ${who(row)}`, image);
}

function line(row) {
  const words = el(
    "span.print-words",
    who(row),
    el("span.quiet", row.camera),
    el("span.quiet", when(row.time)),
  );
  const tone = names(row).length ? "good" : "unsure";
  const print = row.kept
    ? el("button.print", picture(row), words)
        .attr("type", "button")
        .on("click", () => enlarge(row))
    : el("div.print", picture(row), words);
  return el("li", print.attr("data-tone", tone));
}

async function look() {
  clearTimeout(timer);
  if (!may("admin")) return;
  if (!document.hidden) {
    try {
      const path = `api/predictions?camera=*&limit=${KEPT}`;
      const { predictions } = await request("GET", path, { timeout: 2 * EVERY });
      show(predictions);
    } catch {
      // what is there stays: the next look is soon
    }
  }
  timer = setTimeout(look, EVERY);
}

function show(rows) {
  const now = rows.map(({ id, kept }) => `${id} ${kept}`).join();
  if (now === drawn) return;
  drawn = now;
  $("#camera-events").empty().append(rows.map(line));
  $("#from-cameras").prop("hidden", rows.length === 0);
}

// Look at the log from now on; whoever may not see it sees nothing.
export function start() {
  $("#from-cameras").prop("hidden", true);
  drawn = "";
  look();
}
