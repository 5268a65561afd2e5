// Answers of the last hour, day or month: how many of which kind, how many strangers, how quick.

import { request } from "../api.js";
import { lines, stackedBars } from "../components/chart.js";
import { filters } from "../components/filters.js";
import { emptyState, errorState, loadingState } from "../components/states.js";
import { el, panel, table, tile } from "../dom.js";
import { language, say, share } from "../languages.js";

const $ = window.jQuery;
let span = "day";
let asked = 0; // an answer to an earlier question comes too late

const KINDS = () => [
  { kind: "known", text: say("activity.known") },
  { kind: "unknown", text: say("activity.unknown") },
  { kind: "nothing_found", text: say("activity.nothing-found") },
];
const milliseconds = (seconds) =>
  seconds === null ? "–" : say("activity.milliseconds", { count: Math.round(1000 * seconds) });

const FORMATS = {
  hour: { hour: "2-digit", minute: "2-digit" },
  day: { weekday: "short", hour: "2-digit", minute: "2-digit" },
  month: { day: "numeric", month: "short" },
};
const moment = (time) => new Date(time).toLocaleString(language, FORMATS[span]);

const sum = (rows, name) => rows.reduce((total, row) => total + row[name], 0);

function tiles(rows) {
  const found = sum(rows, "known") + sum(rows, "unknown");
  const latest = rows.filter((row) => row.p50 !== null).at(-1);
  return el(
    "div.tiles",
    tile(sum(rows, "predictions").toLocaleString(language), say("activity.pictures")),
    tile(sum(rows, "known").toLocaleString(language), say("activity.known")),
    tile(sum(rows, "unknown").toLocaleString(language), say("activity.unknown")),
    tile(share(found ? sum(rows, "unknown") / found : null), say("activity.unknown-rate")),
    tile(milliseconds(latest.p50), say("activity.p50-lately")),
    tile(milliseconds(latest.p95), say("activity.p95-lately")),
    tile(sum(rows, "corrections").toLocaleString(language), say("activity.corrections")),
  );
}

function asTable(rows) {
  const head = [
    say("activity.from"),
    say("activity.known"),
    say("activity.unknown"),
    say("activity.nothing-found"),
    say("activity.unknown-rate"),
    say("activity.p50"),
    say("activity.p95"),
  ];
  const cells = rows
    .filter((row) => row.predictions)
    .map((row) => [
      moment(row.since),
      row.known,
      row.unknown,
      row.nothing_found,
      share(row.unknown_rate),
      milliseconds(row.p50),
      milliseconds(row.p95),
    ]);
  return el(
    "details",
    el("summary", say("activity.as-table")),
    table(say("activity.over-time"), head, cells),
  );
}

function charts({ stretches: rows }) {
  const ends = { first: moment(rows[0].since), last: say("activity.now") };
  const bars = rows.map((row) => ({
    title: `${moment(row.since)}: ${row.predictions}`,
    values: row,
  }));
  const rates = rows.map((row) => ({ values: { unknown: row.unknown_rate } }));
  const times = rows.map((row) => ({ values: row }));
  return [
    tiles(rows),
    stackedBars(bars, { series: KINDS(), shown: String, ...ends }),
    el(
      "div.charts",
      lines(rates, {
        series: [{ kind: "unknown", text: say("activity.unknown-rate") }],
        most: 1,
        shown: share,
        ...ends,
      }),
      lines(times, {
        series: [
          { kind: "p50", text: say("activity.p50") },
          { kind: "p95", text: say("activity.p95") },
        ],
        shown: milliseconds,
        ...ends,
      }),
    ),
    asTable(rows),
  ];
}

async function load() {
  asked += 1;
  const mine = asked;
  const place = $("#over-time");
  if (!place.children().length) place.append(loadingState());
  const draw = (...content) => mine === asked && place.empty().append(content);
  try {
    const answer = await request("GET", `api/stats/over-time?span=${span}`);
    const any = answer.stretches.some((row) => row.predictions);
    draw(
      any
        ? panel(null, charts(answer))
        : panel(null, emptyState(say("activity.nothing"), say("activity.nothing-yet"))),
    );
  } catch (error) {
    draw(errorState(error, load));
  }
}

export function draw() {
  const choices = [
    ["hour", say("activity.hour")],
    ["day", say("activity.day")],
    ["month", say("activity.month")],
  ];
  $("#spans")
    .empty()
    .append(
      filters(say("activity.span"), choices, span, (chosen) => {
        span = chosen;
        load();
      }),
    );
  load();
}
