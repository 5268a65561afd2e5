"""The figures of simpler ways, typed. Nothing is computed here."""

from __future__ import annotations

from dataclasses import dataclass, field

from model.evaluation.plain_data import LEFT_OUT

MAJORITY, TUTORIAL, TOP_LAYER = "majority_class", "tutorial", "top_layer"


@dataclass(frozen=True)
class BaselineFigures:
    """One simpler way, judged on pictures that it had not seen.

    accuracy: of all pictures of known classes, with its interval of 95 %. found: pictures in which
    it saw something to name. strangers_named: share of the pictures of `_unknown`, None without
    any.
    """

    name: str
    pictures: int
    found: int
    correct: int
    accuracy: float | None
    accuracy_interval: tuple[float, float] | None
    strangers_named: float | None = field(default=None, metadata=LEFT_OUT)


@dataclass(frozen=True)
class QuotedFigure:
    """A figure that was not measured here: whose, and of what."""

    name: str
    accuracy: float


# What two notebooks say of themselves that such projects begin with.
QUOTED = (
    QuotedFigure("a convolutional network from scratch", 0.70),
    QuotedFigure("VGG16 with a new top layer", 0.75),
)


@dataclass(frozen=True)
class Epoch:
    """After one pass over the training pictures: loss (cross entropy, from 0) and accuracy, 0 to 1,
    on them and on those for validation.
    """

    loss: float
    accuracy: float
    validation_loss: float
    validation_accuracy: float


@dataclass(frozen=True)
class TrainingCurves:
    """A top layer's epochs. best: index of the one that was kept. pictures, validation: how many
    crops it learnt from, and was validated on.
    """

    epochs: tuple[Epoch, ...]
    best: int
    pictures: int
    validation: int


@dataclass(frozen=True)
class Baselines:
    """Simpler ways on the same folds. curves, quoted: where the top layer was tried."""

    rows: tuple[BaselineFigures, ...]
    curves: TrainingCurves | None = field(default=None, metadata=LEFT_OUT)
    quoted: tuple[QuotedFigure, ...] = ()
