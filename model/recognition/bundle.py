"""A trained model, and answering with it: from picture bytes to a `Recognition`.

How it lies on disk is in bundle_files.py.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from data_cleaning.detection.crops import MARKS
from data_cleaning.detection.detection import Detection
from data_cleaning.imaging.limits import DEFAULT_LIMITS, Limits
from data_cleaning.pretrained import locate
from model.recipes.features import Features
from model.recipes.recipe import Recipe, Step
from model.recognition.manifest import Facts
from model.recognition.naming.recogniser import Recogniser, RegionAnswer, deciding_region
from model.recognition.naming.region_naming import name_regions
from model.recognition.pipeline import (
    DetectedPicture,
    Stopwatch,
    detect_regions,
    measured_views,
)
from model.recognition.predictions import Prediction, Reason, Recognition


@dataclass(frozen=True)
class Bundle:
    """A recipe with everything that was learnt. Safe to share between threads."""

    name: str
    version: int
    recipe: Recipe
    recogniser: Recogniser
    facts: Facts
    directory: Path | None = None

    @property
    def labels(self) -> tuple[str, ...]:
        """Names of the classes, sorted."""
        return self.recogniser.labels

    @property
    def multi_label(self) -> bool:
        """Whether a picture may carry several of the classes, each a question of its own."""
        return bool(self.recogniser.thresholds)

    @property
    def refuses(self) -> bool:
        """Whether anything may be answered with none of the classes."""
        return self.multi_label or self.recogniser.acceptance.threshold > -1

    def of_whole_pictures(self) -> Bundle:
        """The same model for pictures that are a region each, as a face that is cut out already."""
        return replace(self, recipe=replace(self.recipe, detector=Step("whole")))

    def check_weights(self) -> None:
        """Raises WeightsMissing, WeightsBroken where a pretrained file is not there any more, or is
        not the one that it was: then no picture can be answered.
        """
        for name in self.recipe.weights():
            locate(name)

    def recognise(self, data: bytes, limits: Limits = DEFAULT_LIMITS) -> Recognition:
        """Name what is in a picture. Raises PictureError for bytes that are no usable picture."""
        watch = Stopwatch()
        detected = detect_regions(data, self.recipe, limits, watch)
        with watch.stage("features"):
            views = measured_views(detected, self.recipe)
        return self.name_measured(detected, views, watch)

    def name_measured(
        self,
        detected: DetectedPicture,
        views: Sequence[Features],
        watch: Stopwatch | None = None,
    ) -> Recognition:
        """Name the regions of a picture by their features. views: as `measured_views` gives them,
        shape (views, d) for each region.
        """
        watch = watch or Stopwatch()
        with watch.stage("predict"):
            named = name_regions(self.recogniser, detected.regions, views, self.recipe)
        predictions = tuple(
            _prediction(region.detection, answer, region.quality.marks())
            for region, answer in zip(detected.regions, named, strict=True)
            if answer.reason != Reason.NOBODY
        )
        height, width = detected.image.shape[:2]
        return self._recognition(
            (width, height), predictions, deciding_region(named), watch.seconds
        )

    def _recognition(
        self,
        size: tuple[int, int],
        predictions: tuple[Prediction, ...],
        best: RegionAnswer | None,
        seconds: dict[str, float],
    ) -> Recognition:
        label = best.label if best else None
        ranked = sorted(best.scores.items(), key=lambda pair: -pair[1]) if best else []
        reason = Reason.NOTHING_FOUND
        if best is not None:
            reason = Reason.KNOWN if label else Reason.UNKNOWN
        return Recognition(
            *size,
            predictions,
            label,
            tuple(ranked),
            reason,
            _sentence(self.recipe.subject, predictions, label),
            seconds,
            bool(predictions) if self.recipe.subject == "person" else None,
        )


def _prediction(detection: Detection, named: RegionAnswer, marks: tuple[str, ...]) -> Prediction:
    return Prediction(
        detection=detection,
        label=named.label,
        best=named.best,
        probability=named.probability,
        scores=named.scores,
        similarity=named.similarity,
        acceptance=named.acceptance,
        reason=named.reason,
        note=_note(named, marks),
        marks=marks,
        labels=named.labels,
    )


_REFUSALS = {
    Reason.UNKNOWN: "Not like anybody enrolled.",
    Reason.TAKEN: "Another one in this picture is more likely to be them.",
    Reason.TOO_SMALL: "Too small to tell who it is.",
}


def _note(named: RegionAnswer, marks: tuple[str, ...]) -> str:
    doubts = [MARKS[mark] for mark in marks]
    parts = [] if named.reason == Reason.KNOWN else [_REFUSALS[named.reason]]
    if doubts:
        parts.append(f"Less certain: {', '.join(doubts)}.")
    return " ".join(parts)


_THINGS = {
    "face": ("face", "faces"),
    "person": ("person", "people"),
    "object": ("picture", "pictures"),
}


def _sentence(subject: str, predictions: tuple[Prediction, ...], label: str | None) -> str:
    singular, plural = _THINGS[subject]
    if not predictions:
        return f"No {singular} was found in this picture."
    if label is None:
        noun = singular if len(predictions) == 1 else plural
        return f"Found {len(predictions)} {noun}, nobody known."
    return ""
