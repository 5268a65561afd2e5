"""The simpler ways, each asked about the pictures of the folds that the recipe was judged on."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from data_cleaning.datasets.class_names import SPECIAL, UNKNOWN
from data_cleaning.progress import ProgressCallback
from model.evaluation.baselines.figures import (
    MAJORITY,
    QUOTED,
    TOP_LAYER,
    TUTORIAL,
    BaselineFigures,
    Baselines,
    TrainingCurves,
)
from model.evaluation.baselines.top_layer import train_top_layer
from model.evaluation.baselines.tutorial import learn_tutorial, measure
from model.evaluation.calibration import ratio, wilson
from model.recipes.recipe import Recipe
from model.recognition.naming.recogniser import class_numbers
from model.recognition.naming.stranger_population import population_of
from model.training.classifiers import Splits
from model.training.embedding.enrolment import choose_examples
from model.training.grid_search import quiet, with_basis
from model.training.presence_threshold import above_threshold
from model.training.samples import Rows, Sample, TrainingSet, training_rows

Named = Callable[[int], str | None]  # a picture's label by its index, or None for no name
Learnt = Callable[[NDArray[np.int64]], Named]  # what names pictures, after learning from some


@dataclass(frozen=True)
class ComparedPictures:
    """What the recipe was judged on. splits: its folds. recipe: as it was trained."""

    pictures: TrainingSet
    splits: Splits
    recipe: Recipe


def majority(compared: ComparedPictures) -> Baselines:
    """The class with the most pictures, whatever is seen: what a model must beat."""
    return Baselines((_judged(MAJORITY, compared, _most_frequent(compared)),))


def simpler_ways(compared: ComparedPictures, progress: ProgressCallback) -> Baselines:
    """The majority class, the tutorial's way, and a top layer trained by gradient."""
    samples = compared.pictures.samples
    labels = [sample.label for sample in samples]
    features = measure(samples, compared.recipe.subject == "face", progress)
    with quiet():
        tutorial = _judged(
            TUTORIAL,
            compared,
            lambda learn: learn_tutorial(features, labels, _known_of(labels, learn)),
        )
        top_layer = _judged(TOP_LAYER, compared, lambda learn: _learn_top_layer(compared, learn))
        curves = _curves(compared)
    rows = (top_layer, tutorial, *majority(compared).rows)
    return Baselines(rows, curves, QUOTED)


def _known_of(labels: Sequence[str], learn: NDArray[np.int64]) -> NDArray[np.int64]:
    return np.array([i for i in learn.tolist() if labels[i] not in SPECIAL], np.int64)


def _judged(name: str, compared: ComparedPictures, learnt: Learnt) -> BaselineFigures:
    """The figures of one way, each fold answered by what the others taught."""
    answers: dict[int, str | None] = {}
    for learn, test in compared.splits:
        named = learnt(learn)
        answers |= {i: named(i) for i in test.tolist()}
    truths = [sample.label for sample in compared.pictures.samples]
    known = [i for i in answers if truths[i] not in SPECIAL]
    strange = [i for i in answers if truths[i] == UNKNOWN]
    correct = sum(answers[i] == truths[i] for i in known)
    return BaselineFigures(
        name=name,
        pictures=len(known),
        found=sum(answers[i] is not None for i in known),
        correct=correct,
        accuracy=ratio(correct, len(known)),
        accuracy_interval=wilson(correct, len(known)),
        strangers_named=ratio(sum(answers[i] is not None for i in strange), len(strange)),
    )


def _most_frequent(compared: ComparedPictures) -> Learnt:
    labels = [sample.label for sample in compared.pictures.samples]

    def learnt(learn: NDArray[np.int64]) -> Named:
        counts = Counter(labels[i] for i in _known_of(labels, learn).tolist())
        most = min(counts, key=lambda label: (-counts[label], label)) if counts else None
        return lambda i: most

    return learnt


def _learn_top_layer(compared: ComparedPictures, learn: NDArray[np.int64]) -> Named:
    """The most probable class of the region that is surest; None where that is nobody known."""
    rows, labels, numbers = _rows(compared, compared.pictures.subset(learn))
    seen = [labels[n] if n < len(labels) else None for n in np.unique(numbers).tolist()]
    if len(seen) < 2:
        return lambda i: seen[0]
    rows, basis = with_basis(rows)
    layer = train_top_layer(rows, numbers)

    def name(i: int) -> str | None:
        sample = above_threshold(compared.pictures.samples[i], compared.recipe)
        views = [of[0] for of in sample.views if len(of)]
        if not views:
            return None
        inside = basis.transform(np.stack(views)).astype(np.float32)
        probabilities = layer.probabilities(inside)
        region = probabilities.max(axis=1).argmax()
        return seen[int(probabilities[region].argmax())]

    return name


def _curves(compared: ComparedPictures) -> TrainingCurves | None:
    """Of a layer that is trained on all pictures; None of a single class."""
    rows, _, numbers = _rows(compared, compared.pictures)
    if len(set(numbers.tolist())) < 2:
        return None
    return train_top_layer(with_basis(rows)[0], numbers).curves


def _rows(
    compared: ComparedPictures, pictures: TrainingSet
) -> tuple[Rows, tuple[str, ...], NDArray[np.int64]]:
    """Crops to learn from, the known classes, and the class of each crop."""
    seen: list[Sample] = [above_threshold(s, compared.recipe) for s in pictures.samples]
    population = population_of(compared.recipe)
    chosen = choose_examples(seen, pictures.copies, population).regions if population else None
    rows = training_rows(seen, pictures.copies, compared.recipe, chosen)
    return rows, *class_numbers(rows.labels)
