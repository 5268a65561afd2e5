"""Features and altered crops in which the colour of a shirt decides nothing."""

from __future__ import annotations

import numpy as np
import pytest

from data_cleaning.errors import WeightsMissing
from data_cleaning.imaging.colour import grey_as_colour
from data_cleaning.pretrained import locate
from model.recipes.augmentation import Augmentation
from model.recipes.features import object_embedding

CROP = np.random.default_rng(3).integers(0, 255, (224, 224, 3)).astype(np.uint8)


def test_an_embedding_without_colours_is_that_of_the_grey_crop() -> None:
    try:
        network = locate("efficientnet_lite0")
    except WeightsMissing as missing:
        pytest.skip(str(missing))
    colourless = object_embedding(CROP, network, colours=False)
    assert np.array_equal(colourless, object_embedding(grey_as_colour(CROP), network))
    assert not np.array_equal(colourless, object_embedding(CROP, network))


def test_dye_changes_the_middle_and_leaves_the_corners() -> None:
    first, second = Augmentation(("dye",), 2).altered(CROP, "0f" * 32)
    assert first.shape == CROP.shape
    assert np.array_equal(first[:20, :20], CROP[:20, :20])
    assert np.abs(first[90:120, 100:124].astype(int) - CROP[90:120, 100:124]).mean() > 20
    assert not np.array_equal(first, second)
