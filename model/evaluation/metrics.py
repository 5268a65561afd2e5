"""Numbers about answers: what a model gets right, misses, refuses and takes for somebody.

Nothing is drawn here.

Accuracy never stands alone: failure to acquire, the part of strangers named (FPIR) and of known
people missed (FNIR), and calibration stand beside it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from data_cleaning.datasets.dataset import NOTHING, UNKNOWN
from data_cleaning.progress import ProgressCallback
from model.evaluation.curves import tradeoff
from model.evaluation.presence_metrics import ways
from model.recipes.recipe import Recipe
from model.recognition.pipeline import Stopwatch
from model.recognition.presence import way
from model.recognition.recogniser import Recogniser, RegionAnswer, deciding_region
from model.recognition.region_naming import name_regions
from model.training.fit import fit
from model.training.open_set_threshold import HeldOut
from model.training.options import TrainingOptions
from model.training.presence_threshold import above_threshold
from model.training.samples import Sample
from model.training.splits import Splits, grouped_splits

NOBODY = "(none)"  # the confusion matrix's column for pictures that get no name


@dataclass(frozen=True)
class PictureOutcome:
    """One picture, its truth, and what was answered.

    found: at least one detection. label: the picture's answer or None. named: answers of all its
    regions. seconds: by stage, as in `Recognition`. threshold: the acceptance score that a name
    needed.
    """

    path: Path
    truth: str
    found: bool
    label: str | None
    named: tuple[RegionAnswer, ...]
    seconds: dict[str, float]
    threshold: float

    @property
    def best(self) -> RegionAnswer | None:
        """The region that speaks for the picture: the best known one, else the one nearest to being
        known.
        """
        return deciding_region(self.named)

    @property
    def candidate(self) -> RegionAnswer | None:
        """The region with the largest acceptance score of those that a lower threshold would name."""
        open_to = [n for n in self.named if n.label is not None or n.reason == "unknown"]
        return max(open_to, key=lambda n: n.acceptance, default=None)


def outcome(one: Sample, recogniser: Recogniser, recipe: Recipe) -> PictureOutcome:
    """Answer one sample."""
    one = above_threshold(one, recipe)
    watch = Stopwatch(dict(one.seconds))
    with watch.stage("predict"):
        named = name_regions(recogniser, one.regions, one.views, recipe)
    best = deciding_region(named)
    label = best.label if best else None
    found = any(n.reason != "nobody" for n in named)
    return PictureOutcome(
        one.path, one.label, found, label, named, watch.seconds, recogniser.acceptance.threshold
    )


@dataclass(frozen=True)
class Rounds:
    """How to cross-validate. strangers: further samples that every fold's model answers and none
    learns from.
    """

    folds: int = 5
    strangers: Sequence[Sample] = ()
    progress: ProgressCallback | None = None


def cross_validate(
    all_samples: Sequence[Sample],
    copies: NDArray[np.int64],
    recipe: Recipe,
    options: TrainingOptions,
    rounds: Rounds = Rounds(),
) -> tuple[list[PictureOutcome], list[PictureOutcome]]:
    """Every picture answered by a model that never saw it or a near copy of it, from detection to
    answer.

    Returns the outcomes in the samples' order, and those of `rounds.strangers`: one for each fold
    and stranger.
    """
    splits: Splits = grouped_splits(
        _strata(all_samples, copies, rounds.folds), copies, rounds.folds
    )
    outcomes: dict[int, PictureOutcome] = {}
    strangers: list[PictureOutcome] = []
    for number, (learn, test) in enumerate(splits, 1):
        learnt = fit([all_samples[i] for i in learn], copies[learn], recipe, options)
        outcomes |= {
            int(i): outcome(all_samples[i], learnt.recogniser, learnt.recipe) for i in test
        }
        strangers += [outcome(one, learnt.recogniser, learnt.recipe) for one in rounds.strangers]
        if rounds.progress:
            rounds.progress(number, len(splits))
    return [outcomes[i] for i in range(len(all_samples))], strangers


def _strata(
    all_samples: Sequence[Sample], copies: NDArray[np.int64], folds: int
) -> NDArray[np.int64]:
    """Number of each sample's class, for stratifying alone.

    A few pictures in `_none` or `_unknown` must not decide how many folds there are: they go with
    the largest class.
    """
    labels = sorted({s.label for s in all_samples})
    numbers = np.array([labels.index(s.label) for s in all_samples])
    largest = int(np.bincount(numbers).argmax())
    for number, label in enumerate(labels):
        if label in (UNKNOWN, NOTHING) and len(set(copies[numbers == number].tolist())) < folds:
            numbers[numbers == number] = largest
    return numbers


def gained(
    all_samples: Sequence[Sample],
    copies: NDArray[np.int64],
    recipe: Recipe,
    options: TrainingOptions,
    accuracy: float,
) -> dict[str, Any]:
    """What altered crops brought: `accuracy` against the same folds without them; empty where none
    were made.
    """
    if not options.augment:
        return {}
    plain = [replace(one, extra=()) for one in all_samples]
    without = summary(cross_validate(plain, copies, recipe, replace(options, augment=""))[0])[
        "accuracy"
    ]
    return {
        "augmentation": {
            "how": options.augment,
            "accuracy_without": without,
            "gain": accuracy - without,
        }
    }


def summary(
    outcomes: Sequence[PictureOutcome],
    unreadable: Sequence[Sample] = (),
    strangers: Sequence[PictureOutcome] = (),
) -> dict[str, Any]:
    """The figures that `evaluate` and `crossval` print, as plain data.

    Over pictures of known classes: pictures, found, failure_to_acquire, correct, accuracy (of all
    pictures), accuracy_when_found, accuracy_interval (Wilson, 95 %), per_class, confusion, ece.
    Over all: seconds_per_picture, decode to answer; unreadable: files passed over. Where there are
    strangers (given, or else the pictures of `_unknown`): unknown. Where there are pictures of
    `_none`: false_alarms.
    """
    known = [o for o in outcomes if o.truth not in (UNKNOWN, NOTHING)]
    found = sum(o.found for o in known)
    correct = sum(o.label == o.truth for o in known)
    figures: dict[str, Any] = {
        "pictures": len(known),
        "found": found,
        "failure_to_acquire": _ratio(len(known) - found, len(known)),
        "correct": correct,
        "accuracy": _ratio(correct, len(known)),
        "accuracy_interval": wilson(correct, len(known)),
        "accuracy_when_found": _ratio(correct, found),
        "per_class": per_class(known),
        "confusion": confusion(known),
        "ece": expected_calibration_error(known),
        "seconds_per_picture": _ratio(
            sum(sum(o.seconds.values()) for o in outcomes), len(outcomes)
        ),
        "unreadable": [{"path": str(s.path), "error": s.error} for s in unreadable],
    }
    strange = list(strangers) or [o for o in outcomes if o.truth == UNKNOWN]
    if strange and known:
        figures["unknown"] = unknown(known, strange)
    nothing = [o for o in outcomes if o.truth == NOTHING]
    if nothing:
        figures["false_alarms"] = false_alarms(nothing)
    return figures


def presence(outcomes: Sequence[PictureOutcome], recipe: Recipe) -> dict[str, Any]:
    """{"ways": `presence.ways`} for recipes of people where there are pictures of `_unknown` or
    `_none`, else {}.
    """
    special = any(o.truth in (UNKNOWN, NOTHING) for o in outcomes)
    if recipe.subject != "person" or not special:
        return {}
    return {"ways": ways([(o.truth, way(o.found, o.label)) for o in outcomes])}


def unknown(known: Sequence[PictureOutcome], strangers: Sequence[PictureOutcome]) -> dict[str, Any]:
    """How often strangers are named (fpir) and known people are not, or wrongly (fnir), of all
    pictures.

    Pictures in which nothing was found count: as misses of the known, as strangers left unnamed.
    threshold: the mean over the models that answered. curve: [fpir, fnir] pairs, fpir rising, for
    other thresholds; fnir_at_fpir_0_01: the fnir that the curve has where no more than 1 % of the
    strangers are named.

    Source: ISO/IEC 19795-1 for the rates; failures are counted as NIST's FRVT 1:N does.
    """
    held = margins(known, strangers)
    return {
        "fpir": _ratio(sum(o.label is not None for o in strangers), len(strangers)),
        "fnir": _ratio(sum(o.label != o.truth for o in known), len(known)),
        "threshold": float(np.mean([o.threshold for o in known])),
        "strangers": len({o.path for o in strangers}),
        "strangers_found": len({o.path for o in strangers if o.found}),
        "fnir_at_fpir_0_01": held.fnir(held.threshold_at(0.01)),
        "curve": tradeoff(held),
    }


def margins(known: Sequence[PictureOutcome], strangers: Sequence[PictureOutcome]) -> HeldOut:
    """How far each picture's best candidate lies above the threshold it was held against; -inf
    without one.

    Relative to the threshold, because every fold of a cross-validation has one of its own: 0 is the
    chosen point for all of them. Which region is whom is kept as it was answered.
    """
    rights = [o.candidate is not None and o.candidate.best == o.truth for o in known]
    above = [
        [o.candidate.acceptance - o.threshold if o.candidate else -np.inf for o in of]
        for of in (known, strangers)
    ]
    return HeldOut(np.array(above[0]), np.array(rights, bool), np.array(above[1]))


def false_alarms(nothing: Sequence[PictureOutcome]) -> dict[str, Any]:
    """Of pictures with nothing to find in them (`_none`): in how many something was found, and
    named.
    """
    found, named = sum(o.found for o in nothing), sum(o.label is not None for o in nothing)
    return {
        "pictures": len(nothing),
        "found": found,
        "named": named,
        "found_share": _ratio(found, len(nothing)),
        "named_share": _ratio(named, len(nothing)),
    }


def per_class(outcomes: Sequence[PictureOutcome]) -> dict[str, dict[str, float | int | None]]:
    """Pictures, precision, recall and F1 of each class."""
    table: dict[str, dict[str, float | int | None]] = {}
    for label in sorted({o.truth for o in outcomes}):
        true = sum(o.truth == label for o in outcomes)
        said = sum(o.label == label for o in outcomes)
        right = sum(o.truth == label == o.label for o in outcomes)
        precision, recall = _ratio(right, said), _ratio(right, true)
        table[label] = {
            "pictures": true,
            "correct": right,
            "precision": precision,
            "recall": recall,
            "f1": 2 * right / (said + true) if said + true else None,
        }
    return table


def confusion(outcomes: Sequence[PictureOutcome]) -> dict[str, Any]:
    """labels: names of columns, the last one for no name; matrix: a row per true class in that
    order.
    """
    truths = sorted({o.truth for o in outcomes})
    columns = [*sorted({*truths, *(o.label for o in outcomes if o.label)}), NOBODY]
    matrix = [
        [sum(o.truth == t and (o.label or NOBODY) == c for o in outcomes) for c in columns]
        for t in truths
    ]
    return {"labels": columns, "truths": truths, "matrix": matrix}


def expected_calibration_error(outcomes: Sequence[PictureOutcome], bins: int = 10) -> float | None:
    """Mean distance between stated probability and share of right ones, over equal bins, weighted
    by size.

    Over the region that speaks for each picture with one, its best class. Source: Naeini et al.,
    AAAI 2015.
    """
    return calibration_error(reliability(outcomes, bins))


def calibration_error(table: Sequence[dict[str, Any]]) -> float | None:
    """The same of a reliability diagram's bins; None without any."""
    total = sum(row["pictures"] for row in table)
    if not total:
        return None
    return sum(abs(row["probability"] - row["right"]) * row["pictures"] for row in table) / total


def reliability(outcomes: Sequence[PictureOutcome], bins: int = 10) -> list[dict[str, Any]]:
    """The reliability diagram: of each filled bin its edges, pictures, mean probability and share
    right.
    """
    return binned([(o.best.probability, o.best.best == o.truth) for o in outcomes if o.best], bins)


def binned(spoken: Sequence[tuple[float, bool]], bins: int) -> list[dict[str, Any]]:
    """Rows of a reliability diagram from stated probabilities and whether they were right."""
    rows = []
    for number in range(bins):
        inside = [(p, r) for p, r in spoken if min(int(p * bins), bins - 1) == number]
        if inside:
            rows.append(
                {
                    "low": number / bins,
                    "high": (number + 1) / bins,
                    "pictures": len(inside),
                    "probability": sum(p for p, _ in inside) / len(inside),
                    "right": sum(r for _, r in inside) / len(inside),
                }
            )
    return rows


def wilson(successes: int, trials: int, z: float = 1.96) -> list[float] | None:
    """95 % interval of a proportion. Source: Wilson, JASA 1927."""
    if trials == 0:
        return None
    share = successes / trials
    middle = (share + z * z / (2 * trials)) / (1 + z * z / trials)
    half = (
        z
        / (1 + z * z / trials)
        * np.sqrt(share * (1 - share) / trials + z * z / (4 * trials * trials))
    )
    return [max(0.0, float(middle - half)), min(1.0, float(middle + half))]


def _ratio(part: float, whole: float) -> float | None:
    return part / whole if whole else None
