"""The golden answer: what a bundle said of one picture at training time, and must say for ever.

The picture lies inside scikit-image, so every installation has it and no bundle carries one.

Two things are held apart. The picture's features are those of training but for rounding: processors
add up in different orders, and what that changes in the last bit of a landmark moves a probability
by up to .07. From the features of training, the same names and probabilities follow.

Measured for face-modern with landmarks a thousandth of a pixel off, the features' cosine is .995 at
least; with red and blue exchanged it is .94, and with the face a pixel off .985.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from data_cleaning.errors import BundleBroken, GoldenMismatch
from data_cleaning.files import sha256_of_bytes
from data_cleaning.json_types import JsonObject
from model.recipes.features import Features
from model.recognition.bundle import Bundle
from model.recognition.pipeline import detect_regions, measured_views
from model.recognition.predictions import Prediction, Recognition

TOLERANCE = 1e-3  # of a probability from the same features
ROUNDING = 0.07  # of one from features that were computed anew
# Least cosine of features that were computed anew; the other where a network computes none of them.
LIKE, LIKE_CLASSIC = 0.99, 0.9999


@dataclass(frozen=True)
class GoldenRegion:
    """One region of the golden picture. box: x, y, width, height. scores: of each class."""

    box: list[int]
    label: str | None
    best: str
    scores: Mapping[str, float]

    @classmethod
    def of(cls, prediction: Prediction) -> GoldenRegion:
        d = prediction.detection
        box = [d.x, d.y, d.width, d.height]
        return cls(box, prediction.label, prediction.best, prediction.scores)


@dataclass(frozen=True)
class GoldenAnswer:
    """What a bundle says of the golden picture, best region first.

    features: of each region that was found, shape (views, d); None in bundles from before they were
    kept.
    """

    picture_sha256: str
    regions: tuple[GoldenRegion, ...]
    features: tuple[Features, ...] | None = None

    def to_json(self) -> JsonObject:
        """Without the features."""
        return {
            "picture_sha256": self.picture_sha256,
            "regions": [asdict(region) for region in self.regions],
        }

    @classmethod
    def from_json(cls, data: JsonObject, features: tuple[Features, ...] | None) -> GoldenAnswer:
        """Raises KeyError or TypeError on data of another shape."""
        regions = tuple(GoldenRegion(**region) for region in data["regions"])
        return cls(data["picture_sha256"], regions, features)


def golden_picture() -> bytes:
    """A picture that every installation has: the astronaut portrait (NASA, public domain) inside
    scikit-image.

    It shows a face, a person and things, so every recipe has something to answer; and no bundle
    needs to carry a picture of anybody's.
    """
    found = importlib.util.find_spec("skimage")
    if found is None or not found.submodule_search_locations:
        raise BundleBroken("scikit-image is not installed, so the golden answer cannot be checked.")
    return (Path(found.submodule_search_locations[0]) / "data" / "astronaut.png").read_bytes()


def golden_answer(bundle: Bundle) -> GoldenAnswer:
    """What a bundle says of the golden picture now."""
    picture = golden_picture()
    detected = detect_regions(picture, bundle.recipe)
    features = measured_views(detected, bundle.recipe)
    said = bundle.name_measured(detected, features)
    return GoldenAnswer(sha256_of_bytes(picture), _regions(said), features)


def check_golden(bundle: Bundle, expected: GoldenAnswer) -> None:
    """Raises GoldenMismatch when the answer is not what it was at training time."""
    picture = golden_picture()
    if sha256_of_bytes(picture) != expected.picture_sha256:
        raise GoldenMismatch(
            "The golden picture inside scikit-image is another one than at training time."
        )
    where = f"{bundle.name} version {bundle.version}"
    detected = detect_regions(picture, bundle.recipe)
    features = measured_views(detected, bundle.recipe)
    if expected.features is None:
        said, tolerance = bundle.name_measured(detected, features), ROUNDING
    else:
        least = LIKE if bundle.recipe.weights() else LIKE_CLASSIC
        _check_features(expected.features, features, least, where)
        said, tolerance = bundle.name_measured(detected, expected.features), TOLERANCE
    before, now = expected.regions, _regions(said)
    _check_number(len(before), len(now), where)
    for old, new in zip(before, now, strict=True):
        _check_region(old, new, tolerance, where)
        if expected.features is not None and old.best != new.best:
            raise _another_name(old.best, new.best, where)


def _regions(said: Recognition) -> tuple[GoldenRegion, ...]:
    return tuple(map(GoldenRegion.of, said.predictions))


def _check_features(
    before: Sequence[Features], now: Sequence[Features], least: float, where: str
) -> None:
    _check_number(len(before), len(now), where)
    for old, new in zip(before, now, strict=True):
        if old.shape != new.shape:
            raise GoldenMismatch(
                f"{where}: the features have the shape {new.shape}; at training it was {old.shape}."
            )
        alike = _cosine(old, new)
        if not alike >= least:  # written so that nan is refused too
            raise GoldenMismatch(
                f"{where}: the features of the golden picture changed: they are {alike:.4f} alike;"
                f" {least} is the least that is allowed."
            )


def _cosine(one: Features, other: Features) -> float:
    """1 where both are the same, empty ones too."""
    if np.array_equal(one, other):
        return 1.0
    lengths = float(np.linalg.norm(one)) * float(np.linalg.norm(other))
    return float(np.vdot(one, other)) / max(lengths, 1e-12)


def _check_number(before: int, now: int, where: str) -> None:
    if before != now:
        raise GoldenMismatch(
            f"{where} found {now} regions in the golden picture; at training it was {before}."
        )


def _check_region(old: GoldenRegion, new: GoldenRegion, tolerance: float, where: str) -> None:
    moved = max(abs(old.scores.get(k, -1) - v) for k, v in new.scores.items())
    if moved > tolerance:
        raise GoldenMismatch(
            f"{where}: a probability moved by {moved:.4f}; at most {tolerance} is allowed."
        )
    if old.label != new.label:
        raise _another_name(old.label, new.label, where)


def _another_name(before: str | None, now: str | None, where: str) -> GoldenMismatch:
    return GoldenMismatch(f"{where} answers {now!r}; at training time it was {before!r}.")
