// What a training came to, in the server's own sentence; in red where it is not fit for use.

import { el } from "../dom.js";
import { withNames } from "../words.js";

// facts: of a model, or the result of a training; older ones have no verdict.
export function verdictOf({ verdict }) {
  if (!verdict) return null;
  return el(verdict.fit ? "p.verdict" : "p.verdict.unfit", withNames(verdict.sentence));
}
