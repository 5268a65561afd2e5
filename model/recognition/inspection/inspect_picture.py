"""One training picture, looked at along the one road: what the audit wants to know of it, and the
embeddings of what it shows.
"""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import asdict, dataclass

import numpy as np
from numpy.typing import NDArray

from data_cleaning.datasets.audit import InspectedPicture
from data_cleaning.datasets.dataset import Item
from data_cleaning.detection.crops import Quality
from data_cleaning.detection.detection import Detection
from data_cleaning.errors import PictureError
from data_cleaning.imaging.limits import DISK_LIMITS
from data_cleaning.imaging.near_duplicates import difference_hash
from data_cleaning.json_types import JsonObject
from model.recipes.features import Features
from model.recipes.presets import RECIPES, missing_files
from model.recipes.recipe import Recipe
from model.recognition.pipeline import detect_regions, view_features

REGIONS = 4  # of a picture, the largest, whose embeddings are compared


@dataclass(frozen=True)
class Inspection:
    """picture: as the audit sees it. vectors: float32, shape (regions, d), each of length 1, of the
    largest regions; shape (0, 0) where the recipe has no embedding.
    """

    picture: InspectedPicture
    vectors: Features

    @classmethod
    def failed(cls, item: Item, reason: str) -> Inspection:
        """Of a picture that could not be looked at."""
        return cls(InspectedPicture(item, error=reason), _stacked(()))

    def to_json(self) -> JsonObject:
        """All but the item, as plain data."""
        seen = self.picture
        return {
            "width": seen.width,
            "height": seen.height,
            "error": seen.error,
            "regions": [[asdict(found), asdict(quality)] for found, quality in seen.regions],
            "hash": base64.b64encode(seen.hash.tobytes()).decode(),
            "vectors": [
                base64.b64encode(row.astype(np.float16).tobytes()).decode() for row in self.vectors
            ],
        }

    @classmethod
    def from_json(cls, item: Item, data: JsonObject) -> Inspection:
        """Raises KeyError, TypeError or ValueError on data of another shape."""
        regions = tuple((_detection(found), Quality(**q)) for found, q in data["regions"])
        edges = np.frombuffer(base64.b64decode(data["hash"]), np.uint8)
        rows = [np.frombuffer(base64.b64decode(row), np.float16) for row in data["vectors"]]
        picture = InspectedPicture(
            item, data["width"], data["height"], regions, edges, data["error"]
        )
        return cls(picture, _stacked([row.astype(np.float32) for row in rows]))


def inspection_recipe(subject: str) -> Recipe:
    """The recipe by which pictures are looked at: with the pretrained networks, where they are
    installed.
    """
    modern = RECIPES[f"{subject}-modern"]
    return RECIPES[f"{subject}-classic"] if missing_files(modern) else modern


def has_embedding(recipe: Recipe) -> bool:
    """Whether the recipe's features say by themselves how alike two regions are."""
    return recipe.name.endswith("-modern")


def inspect_picture(item: Item, recipe: Recipe) -> Inspection:
    """Look at one file of a data set. Raises WeightsMissing, WeightsBroken."""
    try:
        return inspect_bytes(item, item.path.read_bytes(), recipe)
    except OSError as error:
        return Inspection.failed(item, error.strerror or str(error))


def inspect_bytes(item: Item, data: bytes, recipe: Recipe) -> Inspection:
    """The same of a picture's bytes, which need not lie anywhere."""
    try:
        found = detect_regions(data, recipe, DISK_LIMITS)
    except PictureError as error:
        return Inspection.failed(item, str(error))
    regions = sorted(found.regions, key=lambda region: -region.detection.area)
    height, width = found.image.shape[:2]
    shown = tuple((region.detection, region.quality) for region in regions)
    picture = InspectedPicture(item, width, height, shown, difference_hash(found.image))
    rows: list[Features] = []
    if has_embedding(recipe):
        rows = [
            _embedding(view_features(found.image, region.detection, recipe))
            for region in regions[:REGIONS]
            if recipe.measures(region.quality.side)
        ]
    return Inspection(picture, _stacked(rows))


def _embedding(views: Features) -> Features:
    mean: NDArray[np.float32] = views.mean(axis=0)
    return np.asarray(mean / max(float(np.linalg.norm(mean)), 1e-12), np.float32)


def _stacked(rows: Sequence[Features]) -> Features:
    return np.stack(rows) if rows else np.zeros((0, 0), np.float32)


def _detection(data: JsonObject) -> Detection:
    points = data.pop("landmarks")
    landmarks = None if points is None else tuple((float(x), float(y)) for x, y in points)
    return Detection(**data, landmarks=landmarks)
