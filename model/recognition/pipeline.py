"""The one road from bytes to numbers.

Training, evaluation, the command line and the server all walk it.

`detect_regions` finds the regions of a picture, `region_features` turns one into features. Nothing
here is fitted and nothing here names anybody.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import numpy as np

from data_cleaning.detection.crops import CROPS, Quality, quality
from data_cleaning.detection.detection import Detection
from data_cleaning.detection.detectors import DETECTORS
from data_cleaning.imaging.decoding import decode
from data_cleaning.imaging.image import Image
from data_cleaning.imaging.limits import DEFAULT_LIMITS, Limits
from data_cleaning.pretrained import locate
from model.recipes.features import FEATURES, Features
from model.recipes.recipe import Recipe, Step


@dataclass(frozen=True)
class PictureRegion:
    """A detection and how good it looks."""

    detection: Detection
    quality: Quality


@dataclass
class Stopwatch:
    """Seconds by stage, added up over everything that ran under `stage`."""

    seconds: dict[str, float] = field(default_factory=dict)

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        start = time.perf_counter()
        try:
            yield
        finally:
            self.seconds[name] = self.seconds.get(name, 0.0) + time.perf_counter() - start


@dataclass(frozen=True)
class DetectedPicture:
    """An upright image and its regions, the best to answer from first."""

    image: Image
    regions: tuple[PictureRegion, ...]


def detect_regions(
    data: bytes, recipe: Recipe, limits: Limits = DEFAULT_LIMITS, watch: Stopwatch | None = None
) -> DetectedPicture:
    """Decode a picture and find what the recipe looks for.

    Raises PictureError, WeightsMissing, WeightsBroken.
    """
    watch = watch or Stopwatch()
    with watch.stage("decode"):
        image = decode(data, limits)
    with watch.stage("detect"):
        return DetectedPicture(image, tuple(find_regions(image, recipe)))


def find_regions(image: Image, recipe: Recipe) -> list[PictureRegion]:
    """The regions of a decoded image, best first: faces that show both eyes come before those that
    do not.
    """
    detector = DETECTORS[recipe.detector.name]
    paths = [locate(name) for name in detector.needs]
    detections = detector.function(image, *paths, **recipe.detector.options)
    regions = [PictureRegion(d, quality(image, d, eyes=recipe.eyes)) for d in detections]
    return sorted(regions, key=lambda r: ("one_eye" in r.quality.marks(), -r.detection.score))


def crop_region(image: Image, detection: Detection, recipe: Recipe) -> Image:
    """The picture that the features of a region are measured on."""
    return CROPS[recipe.crop.name](image, detection, **recipe.crop.options)


def region_features(image: Image, detection: Detection, recipe: Recipe) -> Features:
    """The features of one region: float32, one dimension, finite, always as long."""
    return crop_features(crop_region(image, detection, recipe), recipe)


def view_features(image: Image, detection: Detection, recipe: Recipe) -> Features:
    """Features of all views of a region, shape (views, d): the crop, and its mirror image where the
    recipe says so.
    """
    chip = crop_region(image, detection, recipe)
    views = [chip, np.ascontiguousarray(chip[:, ::-1])] if recipe.mirror else [chip]
    return np.stack([crop_features(view, recipe) for view in views])


def measured_views(detected: DetectedPicture, recipe: Recipe) -> tuple[Features, ...]:
    """`view_features` of every region; of shape (0, 0) for one that the recipe does not measure."""
    return tuple(
        view_features(detected.image, region.detection, recipe)
        if recipe.measures(region.quality.side)
        else np.zeros((0, 0), np.float32)
        for region in detected.regions
    )


def crop_features(chip: Image, recipe: Recipe) -> Features:
    """All features of the recipe on one crop, stacked in the recipe's order."""
    features = np.concatenate([_feature(chip, step) for step in recipe.features]).astype(np.float32)
    if not np.isfinite(features).all():
        raise ValueError(f"recipe {recipe.name}: a feature is not finite")
    return features


def _feature(chip: Image, step: Step) -> Features:
    feature = FEATURES[step.name]
    return feature.function(chip, *(locate(name) for name in feature.needs), **step.options)
