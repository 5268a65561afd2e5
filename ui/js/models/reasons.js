// Why a training took its recipe, why its version waits and why it failed, in the reader's language.
// The server's own sentence where it gives nothing else, as of an old version.

import { listed, say, share } from "../languages.js";
import { refusalOf } from "../refusals.js";
import { nameOf, withNames } from "../words.js";

const WITH_TRYING = {
  quickest_of_best: "choice.quickest-of-best",
  only_one: "choice.only-one",
};

const CAUSES = {
  "too-long": "failed.too-long",
  "out-of-memory": "failed.out-of-memory",
  interrupted: "failed.interrupted",
  "not-started": "failed.not-started",
};

// facts: of a model, or the result of a training; auto: the recipes that were tried.
export function choiceOf({ choice, choice_code: code, auto = [] }) {
  if (code === "needs_no_files") return say("choice.needs-no-files");
  const kept = auto.find((row) => row.kept);
  if (!kept || !WITH_TRYING[code]) return choice ?? "";
  const tried = auto.filter((row) => row.accuracy !== null);
  const values = { recipe: kept.recipe, missed: share(1 - kept.accuracy, 1), count: tried.length };
  const named = kept.strangers_named;
  const strangers = named === null ? "" : say("choice.names", { share: share(named, 1) });
  return [say(WITH_TRYING[code], values), strangers].filter(Boolean).join(" ");
}

// result: of a training; "" where its version answers.
export function waitsOf({ waits, waits_because: because }) {
  const version = String(because?.version);
  if (because?.code === "fewer_classes") {
    const { names, more } = because;
    const others = more ? [say("models.more", { count: more })] : [];
    return say("waits.fewer-classes", {
      version,
      names: listed([...names.map(nameOf), ...others]),
    });
  }
  if (because?.code === "less_often_right") {
    const [low, high] = because.now.map((part) => share(part));
    const [before, after] = because.before.map((part) => share(part));
    return say("waits.less-often-right", { version, low, high, before, after });
  }
  return withNames(waits ?? "");
}

// job: one that failed, or that says how it goes on; "" where it says nothing.
export function failureOf({ message, result }) {
  const code = result?.code;
  if (CAUSES[code]) return say(CAUSES[code], { count: result.minutes });
  const detail = (message ?? "").replace(/^error: /, "");
  if (!code) return detail && say("trouble.server-says", { detail });
  const refusal = refusalOf({ code, detail });
  return [refusal.title, refusal.detail].filter(Boolean).join(" ");
}
