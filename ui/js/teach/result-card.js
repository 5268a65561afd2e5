// What a training came to, on one card: how often it is right, strangers, the weakest class, what
// changed, what to add. The report is a step away.

import { may, request, send } from "../api.js";
import { button, el } from "../dom.js";
import { listed, say, share } from "../languages.js";
import { at } from "../root.js";
import { nameOf } from "../words.js";

const NEARLY_ALL = 0.99; // of strangers

const names = (labels) => listed(labels.map(nameOf));

function strangers(card) {
  if (card.strangers_named === null || card.strangers_named > NEARLY_ALL)
    return say("result.strangers-unknown");
  const values = { share: share(card.strangers_named, 1), count: card.strangers_measured };
  return card.strangers_measured
    ? say("result.strangers-measured", values)
    : say("result.strangers-promised", values);
}

const CHANGES = { better: "result.better", worse: "result.worse", same: "result.same" };

function changed({ before }) {
  if (!before) return null;
  const parts = [
    before.accuracy === null
      ? ""
      : say(CHANGES[before.change] ?? CHANGES.same, {
          version: before.version,
          share: share(before.accuracy),
        }),
    before.pictures > 0 ? say("result.more-pictures", { count: before.pictures }) : "",
    before.added.length ? say("result.new-classes", { names: names(before.added) }) : "",
    before.removed.length ? say("result.lost-classes", { names: names(before.removed) }) : "",
  ];
  return parts.filter(Boolean).join(" ");
}

const fact = (term, text) => (text ? [el("dt", term), el("dd", text)] : null);

function weakest(card) {
  if (!card.weakest) return "";
  const { label, correct, pictures } = card.weakest;
  return say("result.weakest-of", { name: nameOf(label), correct, pictures });
}

const toAdd = ({ add }) =>
  add ? say("result.add-more", { count: add.count, name: nameOf(add.label) }) : "";

// Why the new version does not answer yet, and who can let it.
function waiting(card, waits, promoted) {
  if (!waits) return null;
  const let_ = may("admin")
    ? button(
        say("result.promote"),
        async () => {
          await send("POST", `api/models/${encodeURIComponent(card.name)}/promote`, {
            version: card.version,
          });
          promoted();
        },
        "primary",
      )
    : el("p.quiet", say("result.ask-admin"));
  return el("div.remark", el("p", say("result.waits")), el("p.quiet", waits), let_);
}

// waits: the reason why this version does not answer yet, or ""
export async function resultCard(name, version, waits, promoted) {
  const card = await request(
    "GET",
    `api/models/${encodeURIComponent(name)}/card?version=${version}`,
  );
  const [low, high] = card.interval ?? [];
  const right = el(
    "p.result-figure",
    el("strong", card.accuracy === null ? "–" : share(card.accuracy)),
    el("span", say("result.right", { correct: card.correct, pictures: card.pictures })),
  );
  return el(
    `section.result${card.fit === false ? ".unfit" : ""}`,
    el("h3", say(card.fit === false ? "result.unfit" : "result.title", { version })),
    right,
    card.interval
      ? el("p.quiet", say("result.interval", { low: share(low), high: share(high) }))
      : null,
    el(
      "dl",
      fact(say("result.strangers"), strangers(card)),
      fact(say("result.weakest"), weakest(card)),
      fact(say("result.add"), toAdd(card)),
      fact(say("result.changed"), changed(card)),
    ),
    waiting(card, waits, promoted),
    card.report
      ? el(
          "div.actions",
          el("a.button.small", say("result.report")).attr({
            href: at(card.report.slice(1)),
            target: "_blank",
            rel: "noopener",
          }),
        )
      : null,
  ).attr("data-version", version);
}
