"""Who names best: nearest examples and the classifiers, judged as a user would.

Each picture is answered by models that saw neither it nor a near copy of it: of all its faces the
one most similar to its class speaks, and whom the threshold refuses counts as missed.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from sklearn.pipeline import Pipeline

from data_cleaning.progress import StageCallback
from model.recipes.features import Features
from model.recipes.recipe import Recipe
from model.recognition.naming.stranger_population import StrangerPopulation
from model.training.classifiers import CLASSIFIERS, NEAREST_EXAMPLES
from model.training.embedding.enrolment import Enrolment, last_of_each
from model.training.grid_search import FitCounter, GridSearchResult, search
from model.training.options import TrainingOptions
from model.training.plan import enrol
from model.training.samples import Rows, Sample
from model.training.splits import grouped_splits, searched, unaltered

MANY_CLASSES = 50  # from so many classes on, nobody searches a classifier that would win by chance


@dataclass(frozen=True)
class PictureFaces:
    """Every face of the enrolled pictures that is large enough for a name, a row each.

    inside: as the classifiers see them. reserves: by how much more alike each must be. pictures:
    index of each one's picture. truths: class of each picture. total: pictures of classes, those
    without a face and those not enrolled too.
    """

    features: Features
    inside: Features
    reserves: NDArray[np.float64]
    pictures: NDArray[np.int64]
    truths: NDArray[np.int64]
    total: int

    def of(self, pictures: NDArray[np.int64]) -> NDArray[np.int64]:
        """Rows of some pictures' faces."""
        return np.flatnonzero(np.isin(self.pictures, pictures))


@dataclass(frozen=True)
class Judging:
    """What candidates are judged on. numbers: the class of each row; classes: how many are
    known.
    """

    samples: Sequence[Sample]
    enrolment: Enrolment
    rows: Rows
    numbers: NDArray[np.int64]
    classes: int
    basis: Pipeline
    recipe: Recipe
    options: TrainingOptions
    population: StrangerPopulation

    @cached_property
    def faces(self) -> PictureFaces:
        found = [
            (picture, views[0], self.recipe.reserve(region.quality.side))
            for picture, index in enumerate(sorted(self.enrolment.regions))
            for region, views in zip(
                self.samples[index].regions, self.samples[index].views, strict=True
            )
            if len(views) and np.isfinite(self.recipe.reserve(region.quality.side))
        ]
        features = np.stack([features for _, features, _ in found])
        return PictureFaces(
            features,
            self.basis.transform(features).astype(np.float32),
            np.array([reserve for _, _, reserve in found]),
            np.array([picture for picture, _, _ in found], np.int64),
            self.numbers[self.plain],
            sum(not one.label.startswith("_") for one in self.samples),
        )

    @cached_property
    def plain(self) -> NDArray[np.int64]:
        """The row of each enrolled picture."""
        return np.flatnonzero(~self.rows.altered & (self.numbers < self.classes))

    @cached_property
    def folds(self) -> tuple[Fold, ...]:
        """The same folds for every candidate."""
        return tuple(self._folds())

    def _folds(self) -> Iterator[Fold]:
        splits = grouped_splits(self.numbers, self.rows.groups, self.options.folds)
        rate = self.options.rate(self.recipe)
        for learn, test in splits:
            pictures = np.flatnonzero(np.isin(self.plain, test))
            faces = self.faces.of(pictures)
            gallery = enrol(self.rows.subset(learn), self.numbers[learn], self.classes)
            alike = gallery.similarity(self.faces.features[faces], self.classes)
            enrolled = gallery.examples(self.classes)
            threshold = self.population.threshold(enrolled[enrolled > 0].tolist(), rate)
            reserved = alike - self.faces.reserves[faces, None]
            yield Fold(learn, pictures, faces, reserved, threshold)


@dataclass(frozen=True)
class Fold:
    """learn: rows to learn from. pictures, faces: what is answered. similarities: of those faces to
    each class, less their reserves. threshold: the least that is believed.
    """

    learn: NDArray[np.int64]
    pictures: NDArray[np.int64]
    faces: NDArray[np.int64]
    similarities: NDArray[np.float64]
    threshold: float


@dataclass(frozen=True)
class CandidateAnswers:
    """What one way of naming answered. scores: of the face that speaks for each picture; -inf where
    none does. right: was its name the true one. similarities: of that face to every class.
    """

    found: GridSearchResult
    scores: NDArray[np.float64]
    right: NDArray[np.bool_]
    similarities: NDArray[np.float64]


def compare(judging: Judging, progress: StageCallback) -> list[CandidateAnswers]:
    """Every candidate that is allowed and could win, in the order of the options."""
    answers: list[CandidateAnswers] = []
    names = judging.options.names(embedding=True)
    counter = FitCounter(names, len(judging.folds), progress)
    for name in names:
        best = max((a.found.score for a in answers), default=0.0)
        if name == NEAREST_EXAMPLES:
            answers.append(_answers(judging, None))
        elif not answers or _could_beat(judging, best):
            answers.append(_answers(judging, _searched(judging, name, counter)))
        counter.ended(name)
    return answers


def _could_beat(judging: Judging, best: float) -> bool:
    """Whether any classifier could do better: it can name rightly only whom the threshold believes.

    Where there are many classes it must gain more than one standard error, as its search takes
    minutes.
    """
    if len(set(judging.numbers.tolist())) < 2:
        return False
    most = sum(
        len(set(judging.faces.pictures[fold.faces[_true_and_believed(judging, fold)]].tolist()))
        for fold in judging.folds
    )
    total = judging.faces.total
    error = float(np.sqrt(best * (1 - best) / total)) if judging.classes > MANY_CLASSES else 0.0
    return most / total > best + error


def _true_and_believed(judging: Judging, fold: Fold) -> NDArray[np.bool_]:
    truths = judging.faces.truths[judging.faces.pictures[fold.faces]]
    own = fold.similarities[np.arange(len(truths)), truths]
    return np.asarray(own >= fold.threshold)


def _searched(judging: Judging, name: str, counter: FitCounter) -> GridSearchResult:
    """The classifier's best parameters, by balanced accuracy on the enrolled faces."""
    rows, numbers = judging.rows, judging.numbers
    few = searched(rows, numbers)
    splits = grouped_splits(numbers[few], rows.groups[few], judging.options.folds)
    judged = unaltered(splits, rows.altered[few])
    return search(name, rows.inside[few], numbers[few], judged, counter)


def _answers(judging: Judging, found: GridSearchResult | None) -> CandidateAnswers:
    """found: a classifier and its parameters, or None for nearest examples."""
    start = time.perf_counter()
    scores = np.full(len(judging.plain), -np.inf)
    right = np.zeros(len(judging.plain), bool)
    similarities = np.full((len(judging.plain), judging.classes), -1.0)
    shares = []
    for fold in judging.folds:
        named = _named(judging, fold, found)
        line = np.arange(len(named))
        believed = np.where(
            named < judging.classes,
            fold.similarities[line, np.minimum(named, judging.classes - 1)],
            -np.inf,
        )
        owners = judging.faces.pictures[fold.faces]
        speaks = last_of_each(owners, believed)
        pictures = owners[speaks]
        scores[pictures], similarities[pictures] = believed[speaks], fold.similarities[speaks]
        right[pictures] = named[speaks] == judging.faces.truths[pictures]
        shares.append(np.sum(right[pictures] & (scores[pictures] >= fold.threshold)))
    sizes = np.array([max(len(fold.pictures), 1) for fold in judging.folds])
    took = time.perf_counter() - start
    result = GridSearchResult(
        name=found.name if found else NEAREST_EXAMPLES,
        score=float(np.sum(shares)) / judging.faces.total,
        spread=float(np.std(np.array(shares) / sizes)),
        parameters=found.parameters if found else {},
        fit_seconds=found.fit_seconds if found else took / len(judging.folds),
        search_seconds=took + (found.search_seconds if found else 0.0),
    )
    return CandidateAnswers(result, scores, right, similarities)


def _named(judging: Judging, fold: Fold, found: GridSearchResult | None) -> NDArray[np.int64]:
    """The class that each face of a fold is given; past the known ones where it is nobody's."""
    if found is None:
        nearest: NDArray[np.int64] = fold.similarities.argmax(axis=1)
        return nearest
    model = CLASSIFIERS[found.name].make().set_params(**found.parameters)
    model.fit(judging.rows.inside[fold.learn], judging.numbers[fold.learn])
    return np.asarray(model.predict(judging.faces.inside[fold.faces]))
