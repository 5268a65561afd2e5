// What stands where there is nothing to show: empty, loading, an error, a missing key. Each says
// what to do next.

import { el } from "../dom.js";
import { say } from "../languages.js";

// action: an element, as a button, or nothing
export const emptyState = (title, text, action = null) =>
  el(
    "section.state",
    el("h2", title),
    el("p.quiet", text),
    action ? el("div.actions", action) : null,
  );

export const loadingState = (text = say("state.loading")) =>
  el(
    "section.state.loading",
    el("span.spinner").attr("aria-hidden", "true"),
    el("p.quiet", text),
  ).attr("role", "status");

// error: a Trouble, or whatever else was thrown; again(): what "Try again" does
export function errorState(error, again = null) {
  const button = again
    ? el("button.button", say("state.again")).attr("type", "button").on("click", again)
    : null;
  return el(
    "section.state.error",
    el("h2", error.title ?? say("state.broken")),
    el("p.quiet", error.detail ?? String(error.message ?? error)),
    button ? el("div.actions", button) : null,
  ).attr("role", "alert");
}

const NEEDS = {
  kiosk: "gate.kiosk",
  predict: "gate.predict",
  train: "gate.train",
  admin: "gate.admin",
};
const HAS = { predict: "gate.has-predict", train: "gate.has-train" };

// For whoever may not use a screen. who: of api.js; ask(): opens the dialog for a key
export function gateState(role, who, ask) {
  const has = HAS[who.role] ? el("p.quiet", say(HAS[who.role])) : null;
  const button = el("button.button.primary", say("session.sign-in"))
    .attr({ type: "button", id: "gate-sign-in" })
    .on("click", ask);
  return el(
    "section.state",
    el("h1", say("gate.title")),
    el("p", say(NEEDS[role])),
    has,
    el("div.actions", button),
  ).attr("id", "gate");
}
