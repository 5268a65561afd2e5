"""Cross-validation: every picture answered by a model that never saw it or a near copy of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from data_cleaning.progress import ProgressCallback
from model.recipes.recipe import Recipe
from model.recognition.naming.recogniser import Recogniser
from model.training.classifiers import Splits
from model.training.fitted import FittedTraining
from model.training.samples import Sample, TrainingSet

Outcome = TypeVar("Outcome")


@dataclass(frozen=True)
class Rounds:
    """How to cross-validate. strangers: further samples that every fold's model answers and none
    learns from.
    """

    folds: int = 5
    strangers: Sequence[Sample] = ()
    progress: ProgressCallback | None = None


@dataclass(frozen=True)
class FoldModels(Generic[Outcome]):
    """How a fold's model comes about, and how it answers a sample."""

    fit: Callable[[TrainingSet], FittedTraining]
    answer: Callable[[Sample, Recogniser, Recipe], Outcome]


@dataclass(frozen=True)
class CrossValidated(Generic[Outcome]):
    """outcomes: by the sample's index, in the folds' order. strangers: one for each fold and
    stranger.
    """

    outcomes: dict[int, Outcome]
    strangers: list[Outcome]


def answer_folds(
    training_set: TrainingSet, splits: Splits, models: FoldModels[Outcome], rounds: Rounds
) -> CrossValidated[Outcome]:
    """Each fold's pictures, from detection to answer, by a model of the other folds."""
    answered: CrossValidated[Outcome] = CrossValidated({}, [])
    for number, (learn, test) in enumerate(splits, 1):
        fold = models.fit(training_set.subset(learn))
        for i in test.tolist():
            sample = training_set.samples[i]
            answered.outcomes[i] = models.answer(sample, fold.recogniser, fold.recipe)
        for stranger in rounds.strangers:
            answered.strangers.append(models.answer(stranger, fold.recogniser, fold.recipe))
        if rounds.progress:
            rounds.progress(number, len(splits))
    return answered
