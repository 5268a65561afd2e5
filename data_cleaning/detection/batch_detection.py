"""A detector of the table made ready by its name. Nothing is written here."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from data_cleaning.detection.crops import plausible, quality
from data_cleaning.detection.detection import Detection
from data_cleaning.detection.detectors import DETECTORS
from data_cleaning.errors import RecipeError, WeightsMissing
from data_cleaning.imaging.image import Image
from data_cleaning.pretrained import locate

Detect = Callable[[Image], list[Detection]]


def load_detector(name: str, weights: Path | None = None) -> Detect:
    """The detector of that name as a function of the image alone.

    weights: its pretrained file, or the folder of pretrained files; by default the environment's
    LIKENESS_WEIGHTS or the usual folder. Files in a folder are verified by their hash.

    Raises RecipeError, WeightsMissing, WeightsBroken; the function raises WeightsBroken.
    """
    if name not in DETECTORS:
        raise RecipeError(f"There is no detector {name!r}; there are {', '.join(DETECTORS)}.")
    entry = DETECTORS[name]
    files = [_locate(need, name, weights) for need in entry.needs]

    def detect(image: Image) -> list[Detection]:
        return entry.function(image, *files)

    return detect


def best_face_detector() -> str:
    """The best face detector that can run here: yunet_face where its file is installed, else
    haar_face.
    """
    try:
        load_detector("yunet_face")
    except WeightsMissing:
        return "haar_face"
    return "yunet_face"


def _locate(need: str, detector: str, weights: Path | None) -> Path:
    """The pretrained file of a detector: the one named, as it is; else one verified by its hash."""
    if weights is not None and weights.is_file():
        return weights
    try:
        return locate(need, weights)
    except WeightsMissing:
        where = f"in {weights}" if weights else "installed"
        raise WeightsMissing(
            f"The detector {detector} needs a pretrained file that is not {where}. Get it with:"
            " python -m model weights, or name it with --weights FILE."
        ) from None


def shows_eyes(image: Image, detection: Detection) -> bool:
    """The two-eyes gate: landmarks that look like a face, or two eyes by Haar cascade; true of what
    is no face.
    """
    if detection.kind != "face":
        return True
    if detection.landmarks is not None:
        return plausible(detection)
    return "one_eye" not in quality(image, detection, eyes=True).marks()
