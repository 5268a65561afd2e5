"""Numbers about answers: what a model gets right, misses, refuses and takes for somebody.

Nothing is drawn here.

Accuracy never stands alone: failure to acquire, the part of strangers named (FPIR) and of known
people missed (FNIR), and calibration stand beside it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from data_cleaning.datasets.class_names import NOTHING, SPECIAL, UNKNOWN
from model.evaluation.calibration import (
    ReliabilityBin,
    calibration_error,
    ratio,
    reliability_bins,
    wilson,
)
from model.evaluation.cross_validation import FoldModels, Rounds, answer_folds
from model.evaluation.curves import tradeoff
from model.evaluation.figures import (
    AugmentationGain,
    ClassFigures,
    Confusion,
    FalseAlarms,
    PresenceFigures,
    SingleLabelEvaluation,
    StrangerFigures,
    Unreadable,
)
from model.evaluation.presence_metrics import presence_figures
from model.recipes.recipe import Recipe
from model.recognition.naming.recogniser import Recogniser, RegionAnswer, deciding_region
from model.recognition.naming.region_naming import name_regions
from model.recognition.pipeline import Stopwatch
from model.recognition.predictions import way
from model.training.classifiers import Splits
from model.training.fit import fit
from model.training.open_set.held_out import HeldOut
from model.training.options import TrainingOptions
from model.training.presence_threshold import above_threshold
from model.training.samples import Sample, TrainingSet
from model.training.splits import grouped_splits

USUAL_ROUNDS = Rounds()
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
        """The region with the largest acceptance score of those that a lower threshold would
        name.
        """
        open_to = [n for n in self.named if n.label is not None or n.reason == "unknown"]
        return max(open_to, key=lambda n: n.acceptance, default=None)


def outcome(sample: Sample, recogniser: Recogniser, recipe: Recipe) -> PictureOutcome:
    """Answer one sample."""
    sample = above_threshold(sample, recipe)
    watch = Stopwatch(dict(sample.seconds))
    with watch.stage("predict"):
        named = name_regions(recogniser, sample.regions, sample.views, recipe)
    best = deciding_region(named)
    label = best.label if best else None
    found = any(n.reason != "nobody" for n in named)
    return PictureOutcome(
        sample.path,
        sample.label,
        found,
        label,
        named,
        watch.seconds,
        recogniser.acceptance.threshold,
    )


def cross_validate(
    all_samples: Sequence[Sample],
    copies: NDArray[np.int64],
    recipe: Recipe,
    options: TrainingOptions,
    rounds: Rounds = USUAL_ROUNDS,
) -> tuple[list[PictureOutcome], list[PictureOutcome]]:
    """Every picture answered by a model that never saw it or a near copy of it.

    Returns the outcomes in the samples' order, and those of `rounds.strangers`: one for each fold
    and stranger.
    """
    splits = fold_splits(all_samples, copies, rounds.folds)
    models = FoldModels(lambda fold: fit(fold.samples, fold.copies, recipe, options), outcome)
    answered = answer_folds(TrainingSet(all_samples, copies), splits, models, rounds)
    return [answered.outcomes[i] for i in range(len(all_samples))], answered.strangers


def fold_splits(
    all_samples: Sequence[Sample], copies: NDArray[np.int64], folds: int = USUAL_ROUNDS.folds
) -> Splits:
    """The folds that `cross_validate` answers, the same ones for the same samples."""
    return grouped_splits(_strata(all_samples, copies, folds), copies, folds)


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


def summary(
    outcomes: Sequence[PictureOutcome],
    unreadable: Sequence[Sample] = (),
    strangers: Sequence[PictureOutcome] = (),
) -> SingleLabelEvaluation:
    """The figures over pictures of known classes; seconds over all.

    Strangers are those that are given, or else the pictures of `_unknown`.
    """
    known = known_ones(outcomes)
    found = sum(o.found for o in known)
    correct = sum(o.label == o.truth for o in known)
    strange = list(strangers) or [o for o in outcomes if o.truth == UNKNOWN]
    nothing = [o for o in outcomes if o.truth == NOTHING]
    return SingleLabelEvaluation(
        pictures=len(known),
        found=found,
        failure_to_acquire=ratio(len(known) - found, len(known)),
        correct=correct,
        accuracy=ratio(correct, len(known)),
        accuracy_interval=wilson(correct, len(known)),
        accuracy_when_found=ratio(correct, found),
        per_class=per_class(known),
        confusion=confusion(known),
        ece=expected_calibration_error(known),
        seconds_per_picture=mean_seconds([o.seconds for o in outcomes]),
        unreadable=passed_over(unreadable),
        unknown=unknown(known, strange) if strange and known else None,
        false_alarms=false_alarms(nothing) if nothing else None,
        top_3_accuracy=top_accuracy(known, 3),
    )


def top_accuracy(known: Sequence[PictureOutcome], most: int) -> float | None:
    """Share of all pictures whose class is among the `most` likely ones of the region that speaks,
    before anybody is refused; None where there are no more classes than that.
    """
    if len({o.truth for o in known}) <= most:
        return None
    return sum(o.truth in _likeliest(o, most) for o in known) / len(known)


def _likeliest(outcome: PictureOutcome, most: int) -> list[str]:
    scores = outcome.best.scores if outcome.best else {}
    return sorted(scores, key=lambda label: -scores[label])[:most]


def known_ones(outcomes: Sequence[PictureOutcome]) -> list[PictureOutcome]:
    """Those of pictures of a class."""
    return [o for o in outcomes if o.truth not in SPECIAL]


def mean_seconds(seconds: Sequence[dict[str, float]]) -> float | None:
    """Of all stages together, a picture; None without any. seconds: of each picture, by stage."""
    return ratio(sum(sum(stages.values()) for stages in seconds), len(seconds))


def passed_over(unreadable: Sequence[Sample]) -> tuple[Unreadable, ...]:
    """The samples that could not be read, as figures name them."""
    return tuple(Unreadable(str(sample.path), sample.error or "") for sample in unreadable)


def augmentation_gain(
    options: TrainingOptions, accuracy: float, accuracy_without: float
) -> AugmentationGain:
    """What altered crops brought: accuracy against the same folds without them."""
    return AugmentationGain(options.augment, accuracy_without, accuracy - accuracy_without)


def presence(outcomes: Sequence[PictureOutcome], recipe: Recipe) -> PresenceFigures | None:
    """Of recipes for people where there are pictures of `_unknown` or `_none`, else None."""
    special = any(o.truth in SPECIAL for o in outcomes)
    if recipe.subject != "person" or not special:
        return None
    return presence_figures([(o.truth, way(o.found, o.label)) for o in outcomes])


def unknown(
    known: Sequence[PictureOutcome], strangers: Sequence[PictureOutcome]
) -> StrangerFigures:
    """How often strangers are named and known people are not, or wrongly, of all pictures.

    Pictures in which nothing was found count: as misses of the known, as strangers left unnamed.
    Source: ISO/IEC 19795-1 for the rates; failures are counted as NIST's FRVT 1:N does.
    """
    held = margins(known, strangers)
    return StrangerFigures(
        fpir=sum(o.label is not None for o in strangers) / len(strangers),
        fnir=sum(o.label != o.truth for o in known) / len(known),
        threshold=float(np.mean([o.threshold for o in known])),
        strangers=len({o.path for o in strangers}),
        strangers_found=len({o.path for o in strangers if o.found}),
        fnir_at_fpir_0_01=held.fnir(held.threshold_at(0.01)),
        curve=tradeoff(held),
    )


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


def false_alarms(nothing: Sequence[PictureOutcome]) -> FalseAlarms:
    """Of pictures with nothing to find in them (`_none`)."""
    found, named = sum(o.found for o in nothing), sum(o.label is not None for o in nothing)
    return FalseAlarms(len(nothing), found, named, found / len(nothing), named / len(nothing))


def per_class(outcomes: Sequence[PictureOutcome]) -> dict[str, ClassFigures]:
    """The figures of each class, sorted."""
    return {label: _one_class(outcomes, label) for label in sorted({o.truth for o in outcomes})}


def _one_class(outcomes: Sequence[PictureOutcome], label: str) -> ClassFigures:
    true = sum(o.truth == label for o in outcomes)
    answered = sum(o.label == label for o in outcomes)
    right = sum(o.truth == label == o.label for o in outcomes)
    return ClassFigures(
        pictures=true,
        correct=right,
        precision=ratio(right, answered),
        recall=right / true,
        f1=ratio(2 * right, answered + true),
    )


def confusion(outcomes: Sequence[PictureOutcome]) -> Confusion:
    """Which class is taken for which; the last column is for no name."""
    truths = sorted({o.truth for o in outcomes})
    columns = [*sorted({*truths, *(o.label for o in outcomes if o.label)}), NOBODY]
    counts = Counter((o.truth, o.label or NOBODY) for o in outcomes)
    matrix = tuple(tuple(counts[truth, column] for column in columns) for truth in truths)
    return Confusion(tuple(columns), tuple(truths), matrix)


def expected_calibration_error(outcomes: Sequence[PictureOutcome], bins: int = 10) -> float | None:
    """Over the region that speaks for each picture with one, its best class."""
    return calibration_error(reliability(outcomes, bins))


def reliability(outcomes: Sequence[PictureOutcome], bins: int = 10) -> tuple[ReliabilityBin, ...]:
    """The reliability diagram of the same."""
    return reliability_bins(
        [(o.best.probability, o.best.best == o.truth) for o in outcomes if o.best], bins
    )
