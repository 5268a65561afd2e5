"""The figures of an evaluation, typed. Nothing is computed here.

Shares and rates lie between 0 and 1; None is a figure that nothing was counted for.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from data_cleaning.json_types import JsonObject
from model.evaluation.baselines.figures import Baselines
from model.evaluation.plain_data import LEFT_OUT, fields_of, keyed

Interval: TypeAlias = tuple[float, float]
Curve: TypeAlias = list[list[float]]  # pairs


@dataclass(frozen=True)
class Unreadable:
    """A file that was passed over, and why."""

    path: str
    error: str


@dataclass(frozen=True)
class ClassFigures:
    """Figures of one class. correct: of its pictures those that were answered with it."""

    pictures: int
    correct: int
    precision: float | None
    recall: float
    f1: float | None


@dataclass(frozen=True)
class MultilabelClassFigures:
    """Figures of one class that pictures carry beside others. Intervals are of 95 %.

    threshold: the mean over the models that answered, or None where they do not know the class.
    """

    pictures: int
    correct: int
    threshold: float | None
    precision: float | None
    precision_interval: Interval | None
    recall: float
    recall_interval: Interval | None
    f1: float
    average_precision: float


@dataclass(frozen=True)
class Confusion:
    """labels: of columns, the last one for no name. matrix: a row for each of `truths`."""

    labels: tuple[str, ...]
    truths: tuple[str, ...]
    matrix: tuple[tuple[int, ...], ...]


@dataclass(frozen=True)
class StrangerFigures:
    """How often strangers are named (fpir) and known people are not, or wrongly (fnir).

    threshold: the mean over the models that answered. strangers: their pictures; strangers_found:
    those in which something was found. curve: [fpir, fnir] at other thresholds, fpir rising;
    fnir_at_fpir_0_01: the fnir that the curve has where at most 1 % of the strangers are named.
    """

    fpir: float
    fnir: float
    threshold: float
    strangers: int
    strangers_found: int
    fnir_at_fpir_0_01: float
    curve: Curve


@dataclass(frozen=True)
class FalseAlarms:
    """Of pictures with nothing to find in them: in how many something was found, and named."""

    pictures: int
    found: int
    named: int
    found_share: float
    named_share: float


@dataclass(frozen=True)
class PresenceFigures:
    """Somebody known, somebody, nobody, told apart: labels of columns, truths of rows.

    recall: of each truth; balanced_accuracy: their mean. human_balanced_accuracy: of somebody or
    nobody alone, None where no truth is nobody (or somebody).
    """

    labels: tuple[str, ...]
    truths: tuple[str, ...]
    matrix: tuple[tuple[int, ...], ...]
    recall: Mapping[str, float]
    balanced_accuracy: float | None
    human_balanced_accuracy: float | None


@dataclass(frozen=True)
class AugmentationGain:
    """What altered crops brought, in the same folds. alterations: which, as options name them."""

    alterations: str = field(metadata=keyed("how"))
    accuracy_without: float
    gain: float


@dataclass(frozen=True)
class RecipeAttempt:
    """One recipe's figures in a quick cross-validation.

    accuracy: of all pictures, with its standard error. milliseconds: a picture, decode to features,
    mean. note: why it was not tried, or "". kept: is it the one that was taken? strangers_named:
    the share that it is expected to name; None where classes are taken to be all there is.
    """

    recipe: str
    accuracy: float | None = None
    error: float | None = None
    failure_to_acquire: float | None = None
    milliseconds: float | None = None
    note: str = ""
    kept: bool = False
    strangers_named: float | None = None


@dataclass(frozen=True)
class HeldOutTest:
    """The saved model on pictures that were set aside before the training.

    folder: its name. near_copies: of the pictures those that have a near copy among the pictures
    that were learnt from; accuracy_without_copies: of the others.
    """

    folder: str
    near_copies: int
    accuracy_without_copies: float | None
    figures: Evaluation


@dataclass(frozen=True, kw_only=True)
class Evaluation:
    """What every evaluation says, over pictures of known classes.

    found: pictures in which something was. failure_to_acquire: the share of the others. accuracy:
    of all pictures; its interval of 95 % after Wilson. ece: expected calibration error.
    seconds_per_picture: decode to answer, over all pictures.

    train_accuracy: of the saved model, on pictures that it learnt from. held_out_test: on pictures
    that were set aside before the training.
    """

    pictures: int
    found: int
    failure_to_acquire: float | None
    correct: int
    accuracy: float | None
    accuracy_interval: Interval | None
    accuracy_when_found: float | None
    ece: float | None
    seconds_per_picture: float | None
    unreadable: tuple[Unreadable, ...]
    augmentation: AugmentationGain | None = field(default=None, metadata=LEFT_OUT)
    train_accuracy: float | None = field(default=None, metadata=LEFT_OUT)
    held_out_test: HeldOutTest | None = field(default=None, metadata=LEFT_OUT)

    def to_json(self) -> JsonObject:
        return fields_of(self)


@dataclass(frozen=True, kw_only=True)
class SingleLabelEvaluation(Evaluation):
    """Figures of pictures of one class each.

    unknown: where there are strangers. false_alarms: where there are pictures of `_none`. ways: of
    recipes for people. attempts: of the recipe `auto`. top_3_accuracy: share of all pictures whose
    class is among the three likeliest, where there are more than three. baselines: simpler ways, on
    the same folds.
    """

    per_class: Mapping[str, ClassFigures]
    confusion: Confusion
    unknown: StrangerFigures | None = field(default=None, metadata=LEFT_OUT)
    false_alarms: FalseAlarms | None = field(default=None, metadata=LEFT_OUT)
    ways: PresenceFigures | None = field(default=None, metadata=LEFT_OUT)
    recipe: str | None = field(default=None, metadata=LEFT_OUT)
    attempts: tuple[RecipeAttempt, ...] | None = field(
        default=None, metadata={**LEFT_OUT, **keyed("auto")}
    )
    choice: str | None = field(default=None, metadata=LEFT_OUT)
    top_3_accuracy: float | None = field(default=None, metadata=LEFT_OUT)
    baselines: Baselines | None = field(default=None, metadata=LEFT_OUT)


@dataclass(frozen=True, kw_only=True)
class MultilabelEvaluation(Evaluation):
    """Figures of pictures that may carry several classes.

    correct and accuracy count pictures whose whole set of classes is right, as subset_accuracy
    does. mean_average_precision and macro_f1 are means over the classes.
    """

    per_class: Mapping[str, MultilabelClassFigures]
    subset_accuracy: float
    mean_average_precision: float | None
    mean_average_precision_interval: Interval | None
    macro_f1: float | None
    multi_label: bool = True
