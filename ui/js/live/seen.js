// Who was seen from when to when. Somebody who is away for a few looks and comes back is in the log
// again.

import { el } from "../dom.js";
import { say } from "../languages.js";
import { nameOf } from "../words.js";
import { clock } from "./shots.js";

const LOOKS = 3; // looks without somebody after which they have gone
const MOST = 200; // lines of the log

const entries = []; // {name, from, to, times, missed}, the newest first

function note(name, time) {
  const there = entries.find((entry) => entry.name === name && entry.missed < LOOKS);
  if (!there) {
    entries.unshift({ name, from: time, to: time, times: 1, missed: 0 });
    entries.splice(MOST);
    return;
  }
  Object.assign(there, { to: time, times: there.times + 1, missed: 0 });
}

// What one look saw: the regions of its answer.
export function add(regions, time) {
  const names = new Set(regions.flatMap(({ labels }) => labels.map(nameOf)));
  if (regions.some(({ label }) => label === null)) names.add(say("live.somebody-unknown"));
  for (const entry of entries) entry.missed += names.has(entry.name) ? 0 : 1;
  for (const name of names) note(name, time);
}

const span = ({ from, to }) =>
  clock(from) === clock(to)
    ? clock(from)
    : say("live.from-to", { from: clock(from), to: clock(to) });

const line = (entry) =>
  el(
    "li",
    el("strong", entry.name),
    el("span.quiet", span(entry)),
    el("span.quiet", say("live.times", { count: entry.times })),
  );

export function draw(list) {
  list.empty().append(entries.map(line));
}

// The newest few, for a screen that is read from afar.
export const latest = (few) => entries.slice(0, few).map((entry) => [entry.name, clock(entry.to)]);
