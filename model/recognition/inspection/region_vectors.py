"""The embeddings of regions that were found earlier, in a picture that was kept since.

A kept picture may have been made smaller and was encoded anew, so a region is found again by where
it lies.
"""

from __future__ import annotations

from collections.abc import Sequence

from data_cleaning.detection.detection import Detection
from data_cleaning.imaging.encoding import Part
from data_cleaning.imaging.limits import DEFAULT_LIMITS, Limits
from model.recipes.recipe import Recipe
from model.recognition.inspection.inspect_picture import inspection_recipe
from model.recognition.inspection.likeness_groups import LIKENESS, to_bytes
from model.recognition.pipeline import detect_regions, view_features

OVERLAP = 0.3  # share of what two boxes cover together that both cover: then it is the same region


def embedding_recipe(recipe: Recipe) -> Recipe | None:
    """The recipe by whose features faces are compared: the model's own where its features are a
    measured embedding, else that by which training pictures are looked at; None without either.
    """
    candidates = (recipe, inspection_recipe("face"))
    return next((one for one in candidates if embedding_of(one) is not None), None)


def embedding_of(recipe: Recipe) -> str | None:
    """The name of a recipe's measured embedding, or None.

    Vectors can be compared where the names are the same.
    """
    names = [step.name for step in getattr(recipe, "features", ())]
    return names[0] if len(names) == 1 and names[0] in LIKENESS else None


def region_vectors(
    data: bytes, parts: Sequence[Part], recipe: Recipe, limits: Limits = DEFAULT_LIMITS
) -> list[bytes | None]:
    """For each part of a picture the vector of the region there, as `likeness_groups` takes it;
    None where no region is found again, or one too small to be measured.

    Raises PictureError, WeightsMissing, WeightsBroken.
    """
    found = detect_regions(data, recipe, limits)
    height, width = found.image.shape[:2]
    vectors: list[bytes | None] = []
    for part in parts:
        box = (part.left * width, part.top * height, part.width * width, part.height * height)
        region = max(found.regions, key=lambda one: _overlap(one.detection, box), default=None)
        again = region is not None and _overlap(region.detection, box) >= OVERLAP
        if region is None or not again or not recipe.measures(region.quality.side):
            vectors.append(None)
            continue
        vectors.append(to_bytes(view_features(found.image, region.detection, recipe)))
    return vectors


def _overlap(one: Detection, box: tuple[float, float, float, float]) -> float:
    """Intersection over union, 0 to 1."""
    x, y, width, height = box
    across = min(one.x + one.width, x + width) - max(one.x, x)
    down = min(one.y + one.height, y + height) - max(one.y, y)
    both = max(0.0, across) * max(0.0, down)
    return both / max(one.width * one.height + width * height - both, 1e-9)
