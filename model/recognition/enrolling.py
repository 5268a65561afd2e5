"""People enrolled without a training: examples added to a model's gallery, moved and taken out.

Works where the features are an embedding whose population of strangers is known: whom a face is
nearest to needs no search, and the threshold follows from how many are enrolled
(docs/adr/0044). Nothing is fitted here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from data_cleaning.detection.detection import Detection
from data_cleaning.imaging.limits import DEFAULT_LIMITS, Limits
from model.recipes.features import Features
from model.recipes.recipe import Recipe
from model.recognition.bundle import Bundle
from model.recognition.manifest import Facts
from model.recognition.naming.gallery import Gallery, NearestExamples, project
from model.recognition.naming.recogniser import Acceptance, Classifier, Recogniser
from model.recognition.naming.stranger_population import population_of
from model.recognition.pipeline import Stopwatch, detect_regions, measured_views

SHARPNESS = 20.0  # how fast probability follows similarity, where no training has measured it
BASIS = "how alike strangers look to this embedding"


@dataclass(frozen=True)
class Example:
    """An example of a class. source: sha256 of its picture. features: float32, shape (d,)."""

    label: str
    source: str
    features: Features


@dataclass(frozen=True)
class MovedExample:
    """A trained example, by its picture's sha256 and its label, that shows `to`; None: nobody."""

    source: str
    label: str
    to: str | None


@dataclass(frozen=True)
class MeasuredFace:
    """A region of a picture. features: float32, shape (d,); empty where it is not measured, as one
    of too few pixels.
    """

    detection: Detection
    features: Features


def can_enrol(recipe: Recipe) -> bool:
    """Whether a model of that recipe can learn somebody without a training."""
    return population_of(recipe) is not None


def measure_faces(
    data: bytes, recipe: Recipe, limits: Limits = DEFAULT_LIMITS, watch: Stopwatch | None = None
) -> tuple[MeasuredFace, ...]:
    """Every region that the recipe finds in a picture, with its features.

    Raises PictureError, WeightsMissing, WeightsBroken.
    """
    watch = watch or Stopwatch()
    detected = detect_regions(data, recipe, limits, watch)
    with watch.stage("features"):
        measured = measured_views(detected, recipe)
    return tuple(
        MeasuredFace(region.detection, views[0] if len(views) else np.zeros(0, np.float32))
        for region, views in zip(detected.regions, measured, strict=True)
    )


def pair_threshold(recipe: Recipe) -> float:
    """The cosine from which two faces are one person's, at the recipe's rate of mistakes.

    0 where the recipe's population of strangers is not known.
    """
    population = population_of(recipe)
    return 0.0 if population is None else population.threshold([1], recipe.fpir)


def cosine(one: MeasuredFace, other: MeasuredFace) -> float:
    """How alike two faces are, -1 to 1; -1 where one was not measured."""
    if not len(one.features) or not len(other.features):
        return -1.0
    first, second = project(None, np.stack([one.features, other.features]))
    return float(np.clip(first @ second, -1.0, 1.0))


def untrained(name: str, recipe: Recipe, examples: Sequence[Example]) -> Bundle:
    """A model of enrolled examples alone, as version 0: no training has seen them.

    examples: at least one. Raises ValueError for a recipe whose strangers are not known.
    """
    population = population_of(recipe)
    if population is None or not examples:
        raise ValueError(f"{recipe.name} cannot enrol {len(examples)} examples without a training")
    gallery, labels = _gallery([], np.zeros((0, 0), np.float32), [], examples)
    threshold = population.threshold(_counts(gallery, labels), recipe.fpir)
    acceptance = Acceptance("similarity", threshold, BASIS, recipe.fpir, recipe.fpir, None)
    nearest = NearestExamples(gallery, len(labels), SHARPNESS, threshold)
    recogniser = Recogniser(labels, nearest, gallery, acceptance)
    return Bundle(name, 0, recipe, recogniser, Facts(dataset=name, acceptance=acceptance))


def with_examples(
    bundle: Bundle, examples: Sequence[Example], moved: Sequence[MovedExample]
) -> Bundle | None:
    """The same model with examples added, moved and taken out; None where nobody is left.

    Whom that does not concern is named as before. The threshold moves as the number of people and
    examples does.
    """
    before = bundle.recogniser
    kept, owners = _kept(bundle, moved)
    sources = [before.gallery.sources[row] for row in kept]
    trained = set(zip(sources, owners, strict=True))
    fresh = [one for one in examples if (one.source, one.label) not in trained]
    if not kept and not fresh:
        return None
    gallery, labels = _gallery(owners, before.gallery.vectors[kept], sources, fresh)
    acceptance = _moved_threshold(bundle, _counts(gallery, labels))
    classifier = _classifier(bundle, gallery, labels, acceptance.threshold)
    return replace(bundle, recogniser=Recogniser(labels, classifier, gallery, acceptance))


def _kept(bundle: Bundle, moved: Sequence[MovedExample]) -> tuple[list[int], list[str]]:
    """Rows of the gallery that still show somebody, and whom."""
    elsewhere = {(one.source, one.label): one.to for one in moved}
    gallery, labels = bundle.recogniser.gallery, bundle.labels
    kept, owners = [], []
    for row, (source, owner) in enumerate(zip(gallery.sources, gallery.owners, strict=True)):
        shows = elsewhere.get((source, labels[owner]), labels[owner])
        if shows is not None:
            kept.append(row)
            owners.append(shows)
    return kept, owners


def _gallery(
    owners: Sequence[str], vectors: Features, sources: Sequence[str], fresh: Sequence[Example]
) -> tuple[Gallery, tuple[str, ...]]:
    """A gallery ordered by class, and the names of its classes."""
    named = [*owners, *(one.label for one in fresh)]
    labels, numbers = np.unique(np.array(named, dtype=object), return_inverse=True)
    order = np.argsort(numbers, kind="stable")
    rows = project(None, np.stack([one.features for one in fresh])) if fresh else vectors[:0]
    together = np.concatenate([vectors, rows]) if len(vectors) else rows
    every = [*sources, *(one.source for one in fresh)]
    gallery = Gallery(
        np.ascontiguousarray(together[order], np.float32),
        numbers[order].astype(np.int64),
        tuple(every[row] for row in order),
    )
    return gallery, tuple(str(label) for label in labels)


def _counts(gallery: Gallery, labels: Sequence[str]) -> list[int]:
    return [int(count) for count in gallery.examples(len(labels)) if count]


def _moved_threshold(bundle: Bundle, counts: list[int]) -> Acceptance:
    """The threshold for as many people as there are now; what training corrected stays in it."""
    before, population = bundle.recogniser, population_of(bundle.recipe)
    rule = before.acceptance
    if population is None or rule.score != "similarity":
        return rule
    were = _counts(before.gallery, bundle.labels)
    rate = rule.target_fpir
    step = population.threshold(counts, rate) - population.threshold(were, rate)
    return replace(rule, threshold=float(np.clip(rule.threshold + step, -1.0, 1.0)))


def _classifier(
    bundle: Bundle, gallery: Gallery, labels: tuple[str, ...], threshold: float
) -> Classifier:
    before = bundle.recogniser
    if isinstance(before.classifier, NearestExamples):
        step = threshold - before.acceptance.threshold
        own = before.classifier
        return NearestExamples(gallery, len(labels), own.sharpness, own.level + step)
    numbers = {label: number for number, label in enumerate(labels)}
    columns = np.array([numbers.get(label, -1) for label in bundle.labels], np.int64)
    return PartlyFitted(
        before.classifier,
        columns,
        NearestExamples(gallery, len(labels), SHARPNESS, threshold),
        _changed(bundle, gallery, labels),
    )


def _changed(bundle: Bundle, gallery: Gallery, labels: tuple[str, ...]) -> NDArray[np.bool_]:
    """For each class, whether its examples are others than those it was fitted on."""
    before = bundle.recogniser.gallery
    were = _sources_by_class(before, bundle.labels)
    are = _sources_by_class(gallery, labels)
    return np.array([are.get(label) != were.get(label) for label in labels])


def _sources_by_class(gallery: Gallery, labels: Sequence[str]) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for source, owner in zip(gallery.sources, gallery.owners, strict=True):
        found.setdefault(labels[owner], set()).add(source)
    return found


@dataclass(frozen=True)
class PartlyFitted:
    """A fitted classifier for the classes that it was fitted on, and nearest examples for others.

    columns: the class of each column of the fitted one, or -1 where it is no more. changed: for
    each class, whether its examples are others by now: what is nearest to one of those is named by
    nearest examples.
    """

    fitted: Classifier
    columns: NDArray[np.int64]
    nearest: NearestExamples
    changed: NDArray[np.bool_]

    def predict_proba(self, rows: Features) -> NDArray[np.float64]:
        """Probability of each class, shape (n, classes)."""
        similarities = self.nearest.gallery.similarity(rows, self.nearest.classes)
        near = self.nearest.probabilities(similarities)
        fitted = self.fitted.predict_proba(rows)[:, : len(self.columns)]
        known = np.zeros_like(near)
        for column, number in enumerate(self.columns):
            if number >= 0:
                known[:, number] += fitted[:, column]
        by_nearest = self.changed[similarities.argmax(axis=1)]
        return np.where(by_nearest[:, None], near, known)
