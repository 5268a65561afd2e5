// Why a training took its recipe, and why its version waits, in the reader's language. The server's
// own sentence where an old version has nothing else.

import { listed, say, share } from "../languages.js";
import { nameOf, withNames } from "../words.js";

const WITH_TRYING = {
  quickest_of_best: "choice.quickest-of-best",
  only_one: "choice.only-one",
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
