// The log: one line an answer, filtered by names as they are shown, in pages of 25, and as CSV.

import { request } from "../api.js";
import { openDialog } from "../components/dialog.js";
import { emptyState, errorState, loadingState } from "../components/states.js";
import { button, el, field, select, suggesting, table, when } from "../dom.js";
import { listed, say, share } from "../languages.js";
import { at } from "../root.js";
import { labelFor, nameOf } from "../words.js";

const $ = window.jQuery;
const PAGE = 25;
const THUMBNAIL = 96; // pixels, shown at half of that

const nameAndSureness = (region) =>
  say("activity.name-sure", {
    name: listed(region.labels.map(nameOf)),
    sure: share(region.probability),
  });

function who(row) {
  const named = row.regions.filter((region) => region.label !== null).map(nameAndSureness);
  const strangers = row.regions.length - named.length;
  if (strangers) named.push(say("activity.strangers", { count: strangers }));
  return named.length ? listed(named) : say("activity.nothing-found");
}

function enlarged(row, source) {
  const image = $("<img class='asked-large'>").attr({ src: source, alt: "" });
  const title = say("activity.asked-at", { time: when(row.time) });
  const close = button(say("dialog.back"), () => dialog.close()).attr("autofocus", "");
  const dialog = openDialog(title, image, el("p", who(row)), el("div.actions", close));
}

// The picture, where the service keeps it; else its size.
function picture(row) {
  const size = `${row.width} × ${row.height}`;
  if (!row.kept) return el("span.quiet", size);
  const source = at(`api/predictions/${row.id}/picture`);
  const image = $("<img class='asked' loading='lazy' alt=''>").attr({
    src: `${source}?size=${THUMBNAIL}`,
    width: THUMBNAIL / 2,
    height: THUMBNAIL / 2,
  });
  return el("button.asked-button", image)
    .attr({ type: "button", "aria-label": say("activity.see", { time: when(row.time) }) })
    .on("click", () => enlarged(row, source));
}

const HEAD = () => [
  say("activity.picture"),
  say("activity.when"),
  say("activity.answer"),
  say("activity.model"),
  say("activity.took"),
  say("activity.client"),
];
const line = (row) => [
  picture(row),
  when(row.time),
  who(row),
  `${row.model} ${row.version}`,
  say("activity.milliseconds", { count: Math.round(1000 * row.seconds) }),
  row.client || "",
];

const query = (values) =>
  $.param(Object.fromEntries(Object.entries(values).filter(([, value]) => value)));

function page(answer, wanted, before, load) {
  if (!answer.predictions.length)
    return emptyState(say("activity.nothing-fits"), say("activity.nothing-fits-do"));
  return [
    table(say("activity.log"), HEAD(), answer.predictions.map(line)),
    el(
      "div.actions",
      before ? button(say("activity.newest"), () => load()) : null,
      answer.next ? button(say("activity.older"), () => load(answer.next)) : null,
      el("a.button.small", say("activity.csv")).attr({
        href: at(`api/predictions?${query({ ...wanted(), format: "csv" })}`),
        download: "answers.csv",
      }),
    ),
  ];
}

function form(labels, load) {
  const [name, list] = suggesting(labels.map(nameOf), {
    id: "log-name",
    placeholder: say("activity.any-name"),
  });
  const kind = select(
    [
      ["", say("activity.any-answer")],
      ["known", say("activity.known")],
      ["unknown", say("activity.unknown")],
      ["nothing_found", say("activity.nothing-found")],
    ],
    { id: "log-kind" },
  );
  const show = el("button.button.small", say("activity.show")).attr("type", "submit");
  $("#log-filter")
    .empty()
    .append(field(say("activity.name"), name), list, field(say("activity.answer"), kind), show)
    .off("submit")
    .on("submit", (event) => {
      event.preventDefault();
      load();
    });
  kind.on("change", () => load());
  return () => ({ label: labelFor(name.val(), labels), reason: kind.val() });
}

export async function draw() {
  const place = $("#answers").empty().append(loadingState());
  const { models } = await request("GET", "api/models").catch(() => ({ models: [] }));
  const labels = [...new Set(models.flatMap((model) => model.labels))].sort();
  const load = async (before = "") => {
    try {
      const path = `api/predictions?${query({ ...wanted(), limit: PAGE, before })}`;
      const answer = await request("GET", path);
      place.empty().append(page(answer, wanted, before, load));
    } catch (error) {
      place.empty().append(errorState(error, () => load(before)));
    }
  };
  const wanted = form(labels, load);
  load();
}
