"""The report of a training or an evaluation, typed: what `report.json` holds and a page shows.

Gathers numbers that others computed; draws nothing. A report of one's own model shows its worst
mistakes as small pictures; nothing else in it can show anybody.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Generic, Self, TypeVar

import numpy as np
from numpy.typing import NDArray

from data_cleaning.json_types import JsonObject
from model.evaluation.calibration import ReliabilityBin
from model.evaluation.curves import LearningPoint, ScoreHistograms
from model.evaluation.figures import (
    Curve,
    Evaluation,
    MultilabelEvaluation,
    SingleLabelEvaluation,
)
from model.evaluation.metrics import PictureOutcome
from model.evaluation.multilabel_metrics import MultilabelOutcome
from model.evaluation.plain_data import LEFT_OUT, fields_of
from model.recipes.recipe import Recipe
from model.recognition.manifest import Facts
from model.reporting.verdict.sentence import Verdict
from model.training.fitted import FittedTraining
from model.training.samples import Sample

FORMAT = 1
MISTAKES = 12

Answered = TypeVar("Answered", bound=PictureOutcome | MultilabelOutcome, covariant=True)
Figures = TypeVar("Figures", bound=Evaluation, covariant=True)


@dataclass(frozen=True)
class ReportMaterial(Generic[Answered, Figures]):
    """What a report is built from.

    kind: "training", "crossval" or "evaluation". root: the data set's folder; pictures are named
    relative to it. samples: all of it, unreadable ones too. copies: near-copy group of each
    readable one. strangers: outcomes of further people who were no part of the data set. facts: of
    the bundle, empty where there is none. private: show no picture of anybody. version: of the
    model that answered, None where there is none yet.
    """

    kind: str
    name: str
    root: Path
    recipe: Recipe
    figures: Figures
    outcomes: Sequence[Answered]
    samples: Sequence[Sample]
    copies: NDArray[np.int64]
    strangers: Sequence[Answered] = ()
    facts: Facts = field(default_factory=Facts)
    training: FittedTraining | None = None
    private: bool = False
    version: int | None = None


@dataclass(frozen=True)
class Origin:
    """Where a report's figures come from.

    made: when, ISO 8601, UTC. program: Likeness' own version. dataset, data_sha256: name and digest
    of the pictures that were answered. version: of the model, or None.
    """

    made: str
    program: str
    dataset: str
    data_sha256: str
    version: int | None = field(default=None, metadata=LEFT_OUT)


@dataclass(frozen=True)
class NearCopies:
    """Groups of near copies by their files; across_classes: those that span several classes."""

    pictures: int
    groups: tuple[tuple[str, ...], ...]
    across_classes: tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class Thumbnail:
    """A small picture as a data URL, and the box of the region that spoke, in per cent.

    box: left, top, width, height; None where the whole picture spoke, or nothing did.
    """

    source: str
    box: tuple[float, float, float, float] | None
    width: int
    height: int


@dataclass(frozen=True)
class Mistake:
    """A picture of one class that was answered wrongly, and how sure of it the model was."""

    picture: str
    truth: str
    answer: str | None
    best: str | None
    probability: float | None
    similarity: float | None
    reason: str


@dataclass(frozen=True)
class DoubtfulPicture:
    """A picture that taught nothing, as it looks wrong in its folder.

    kind: "other_class", "two_classes" or "unlike". looks_like: the class that it resembles, or
    None. own, other: similarity to its folder's examples and to that class's, -1 to 1.
    """

    picture: str
    truth: str
    kind: str
    looks_like: str | None
    own: float
    other: float


@dataclass(frozen=True)
class MultilabelMistake:
    """A picture that was given a class too much or too few: each with its probability."""

    picture: str
    truth: tuple[str, ...]
    answer: tuple[str, ...]
    added: Mapping[str, float]
    missed: Mapping[str, float]
    reason: str


@dataclass(frozen=True)
class StrangerChart:
    """How strangers and known ones are told apart: the curve of thresholds, and the chosen one.

    chosen: (fpir, fnir), each None where it could not be measured.
    """

    basis: str
    curve: Curve
    chosen: tuple[float | None, float | None]
    threshold: float
    histograms: ScoreHistograms


@dataclass(frozen=True)
class LookAlikes:
    """The two enrolled classes that are most alike: mean similarity of the examples of one to the
    other.
    """

    first: str
    second: str
    similarity: float


@dataclass(frozen=True)
class StrangerMatches:
    """Similarity of a stranger's best match: the median stranger's, and of one in a hundred."""

    median: float
    one_in_hundred: float


@dataclass(frozen=True)
class Similarities:
    """How alike those are who should be told apart, beside the threshold, all -1 to 1."""

    threshold: float
    known: float | None
    strangers: StrangerMatches | None
    look_alikes: LookAlikes | None


@dataclass(frozen=True)
class LearningCurve:
    """Scores for growing parts of the pictures, and what they say in a sentence."""

    curve: tuple[LearningPoint, ...]
    verdict: str


@dataclass(frozen=True, kw_only=True)
class Report:
    """What every report says.

    seconds: that a picture takes, by stage; statistic: of these over the pictures. advice:
    sentences to act on. machine: that measured the times. origin: None in reports of before.
    """

    kind: str
    name: str
    recipe: Recipe
    facts: Facts
    reliability: tuple[ReliabilityBin, ...]
    near_copies: NearCopies
    seconds: Mapping[str, float]
    private: bool
    advice: tuple[str, ...] = ()
    format: int = FORMAT
    verdict: Verdict | None = field(default=None, metadata=LEFT_OUT)
    statistic: str = "mean"
    machine: str | None = field(default=None, metadata=LEFT_OUT)
    origin: Origin | None = field(default=None, metadata=LEFT_OUT)

    def of_version(self, version: int) -> Self:
        """The same for a version whose number is known only when it is saved."""
        assert self.origin is not None
        return replace(self, origin=replace(self.origin, version=version))

    def to_json(self) -> JsonObject:
        """What `report.json` holds."""
        return fields_of(self)


@dataclass(frozen=True, kw_only=True)
class SingleLabelReport(Report):
    """Of pictures of one class each. not_found: pictures of each class in which nothing was.
    doubtful: pictures that were not enrolled, the most doubtful first. trials_count: what the table
    of classifiers counts: "all" pictures, refusals too, or those in which something was "found".
    class_weights: how much a crop of each class weighs while learning, 1 on average; None where the
    nearest examples name, which weigh nothing.
    """

    figures: SingleLabelEvaluation
    unknown: StrangerChart | None
    mistakes: tuple[Mistake, ...]
    not_found: Mapping[str, int]
    doubtful: tuple[DoubtfulPicture, ...] = ()
    learning: LearningCurve | None = field(default=None, metadata=LEFT_OUT)
    similarities: Similarities | None = field(default=None, metadata=LEFT_OUT)
    trials_count: str = "found"
    class_weights: Mapping[str, float] | None = field(default=None, metadata=LEFT_OUT)


@dataclass(frozen=True, kw_only=True)
class MultilabelReport(Report):
    """Of pictures that may carry several classes.

    curves: of each class [recall, precision], recall rising. same_pictures: groups of classes that
    are carried by exactly the same pictures.
    """

    figures: MultilabelEvaluation
    thresholds: Mapping[str, float]
    curves: Mapping[str, Curve]
    same_pictures: tuple[tuple[str, ...], ...]
    mistakes: tuple[MultilabelMistake, ...]
    multi_label: bool = True
