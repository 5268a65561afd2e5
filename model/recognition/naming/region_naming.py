"""Every region of one picture named: a recogniser, and the recipe's rules of when a region may
speak.

Serving and evaluating both come through here, so that they cannot part.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from model.recipes.features import Features
from model.recipes.recipe import Recipe
from model.recognition.naming.recogniser import Recogniser, RegionAnswer
from model.recognition.pipeline import PictureRegion
from model.recognition.predictions import Reason

_FAINT = {"small", "blurred"}


def name_regions(
    recogniser: Recogniser,
    regions: Sequence[PictureRegion],
    views: Sequence[Features],
    recipe: Recipe,
) -> tuple[RegionAnswer, ...]:
    """The answers for all regions of a picture, in their order.

    views: for each region its features, shape (views, d). Small and blurred regions are named too,
    but are marked as faint: a sharp one speaks for the picture before them, as an embedding of few
    pixels lies near to many people's. Regions that show nobody stay in the list, with that reason;
    no answer may show them.
    """
    named = recogniser.answer(
        views, [recipe.reserve(region.quality.side) for region in regions], recipe.once
    )
    shows_nobody = recogniser.shows_nobody(views, [region.detection.score for region in regions])
    return tuple(
        replace(
            as_nobody(answer) if nobody else answer,
            faint=bool(_FAINT & set(region.quality.marks())),
        )
        for answer, region, nobody in zip(named, regions, shows_nobody, strict=True)
    )


def as_nobody(answer: RegionAnswer) -> RegionAnswer:
    """The answer for a region that shows nobody after all."""
    return replace(answer, label=None, labels=(), reason=Reason.NOBODY)
