"""The golden answer: what a bundle said of one picture at training time, and must say for ever.

The picture lies inside scikit-image, so every installation has it and no bundle carries one.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from data_cleaning.errors import BundleBroken, GoldenMismatch
from data_cleaning.files import sha256_of_bytes
from data_cleaning.json_types import JsonObject
from model.recognition.predictions import Prediction
from model.recognition.protocols import RecognitionModel

GOLDEN_TOLERANCE = 1e-3


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
    """What a bundle says of the golden picture, best region first."""

    picture_sha256: str
    regions: tuple[GoldenRegion, ...]

    def to_json(self) -> JsonObject:
        return asdict(self)

    @classmethod
    def from_json(cls, data: JsonObject) -> GoldenAnswer:
        """Raises KeyError or TypeError on data of another shape."""
        regions = tuple(GoldenRegion(**region) for region in data["regions"])
        return cls(data["picture_sha256"], regions)


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


def golden_answer(model: RecognitionModel) -> GoldenAnswer:
    """What the model says of the golden picture now."""
    picture = golden_picture()
    predictions = model.recognise(picture).predictions
    return GoldenAnswer(sha256_of_bytes(picture), tuple(map(GoldenRegion.of, predictions)))


def check_golden(model: RecognitionModel, expected: GoldenAnswer) -> None:
    """Raises GoldenMismatch when the answer is not what it was at training time."""
    actual = golden_answer(model)
    if actual.picture_sha256 != expected.picture_sha256:
        raise GoldenMismatch(
            "The golden picture inside scikit-image is another one than at training time."
        )
    before, now = expected.regions, actual.regions
    where = f"{model.name} version {model.version}"
    if len(before) != len(now):
        raise GoldenMismatch(
            f"{where} found {len(now)} regions in the golden picture; at training it was"
            f" {len(before)}."
        )
    for old, new in zip(before, now, strict=True):
        _check_region(old, new, where)


def _check_region(old: GoldenRegion, new: GoldenRegion, where: str) -> None:
    if (old.label, old.best) != (new.label, new.best):
        raise GoldenMismatch(f"{where} answers {new.best!r}; at training time it was {old.best!r}.")
    moved = max(abs(old.scores.get(k, -1) - v) for k, v in new.scores.items())
    if moved > GOLDEN_TOLERANCE:
        raise GoldenMismatch(
            f"{where}: a probability moved by {moved:.4f}; at most {GOLDEN_TOLERANCE} is allowed."
        )
