"""One conformance suite over every feature of the table, and a frozen answer for each."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from data_cleaning.errors import WeightsMissing
from data_cleaning.imaging.decoding import decode
from data_cleaning.imaging.image import Image
from data_cleaning.imaging.resizing import resize
from data_cleaning.pretrained import locate
from model.recipes.features import FEATURES, Features

FROZEN = Path(__file__).parent / "frozen"
SIZES = [(8, 8), (31, 47), (96, 96), (200, 120), (1, 40)]


def compute(name: str, crop: Image) -> Features:
    feature = FEATURES[name]
    try:
        paths = [locate(n) for n in feature.needs]
    except WeightsMissing as error:
        pytest.skip(str(error))
    return feature.function(crop, *paths)


@pytest.fixture(scope="session")
def face(astronaut: bytes) -> Image:
    """The face of the portrait, 110 x 110."""
    return np.ascontiguousarray(decode(astronaut)[60:170, 170:280])


@pytest.mark.parametrize("name", FEATURES)
def test_a_feature_is_flat_finite_float32_of_one_length(name: str, face: Image) -> None:
    lengths = set()
    for width, height in SIZES:
        vector = compute(name, resize(face, width, height))
        assert vector.dtype == np.float32
        assert vector.ndim == 1
        assert np.isfinite(vector).all()
        lengths.add(len(vector))
    assert len(lengths) == 1


@pytest.mark.parametrize("name", FEATURES)
@pytest.mark.parametrize("value", [0, 127, 255])
def test_an_even_picture_gives_finite_numbers(name: str, value: int) -> None:
    assert np.isfinite(compute(name, np.full((50, 40, 3), value, np.uint8))).all()


@pytest.mark.parametrize("name", FEATURES)
def test_a_feature_neither_changes_its_crop_nor_its_mind(name: str, face: Image) -> None:
    before = face.copy()
    first, second = compute(name, face), compute(name, face)
    assert np.array_equal(face, before)
    assert np.array_equal(first, second)


@pytest.mark.parametrize("name", FEATURES)
def test_the_frozen_answer_holds(name: str, face: Image) -> None:
    """Another answer means that every bundle with this feature would silently change: give it a new
    name instead.
    """
    frozen = np.load(FROZEN / f"{name}.npy", allow_pickle=False)
    assert np.allclose(compute(name, face), frozen, atol=2e-4)


@pytest.mark.parametrize("name", FEATURES)
def test_different_pictures_differ(name: str, face: Image) -> None:
    other = np.ascontiguousarray(face[::-1] // 2)  # darker too: not every feature looks at places
    assert not np.allclose(compute(name, face), compute(name, other), atol=1e-3)


def test_wavelets_of_one_face_at_two_sizes_agree(face: Image) -> None:
    """Transforming first and resizing afterwards correlates at .43; resizing first at .9999."""
    from model.recipes.features import raw_wavelet

    details = [raw_wavelet(resize(face, s, s))[32 * 32 :] for s in (64, 140)]
    assert np.corrcoef(details)[0, 1] > 0.98


@pytest.mark.parametrize("step", [-40, 25])
def test_opponent_colours_do_not_see_how_bright_it_is(step: int) -> None:
    """Light added to all channels alike moves no pixel on either axis; the lone histograms see all
    of it.
    """
    picture = np.random.default_rng(3).integers(50, 200, (224, 224, 3)).astype(np.uint8)
    other = (picture.astype(int) + step).astype(np.uint8)
    assert np.array_equal(
        FEATURES["opponent"].function(picture), FEATURES["opponent"].function(other)
    )
    assert not np.allclose(
        FEATURES["colour"].function(picture), FEATURES["colour"].function(other), atol=0.05
    )


@pytest.mark.parametrize(
    ("colour", "cell"),
    [
        ((0, 0, 255), (7, 0)),
        ((255, 0, 0), (4, 7)),
        ((0, 255, 0), (0, 0)),
        ((90, 90, 90), (4, 4)),
        ((0, 128, 255), (7, 0)),
    ],
)
def test_an_even_colour_falls_into_one_cell_of_the_plane(
    colour: tuple[int, int, int], cell: tuple[int, int]
) -> None:
    found = FEATURES["opponent"].function(np.full((30, 30, 3), colour, np.uint8)).reshape(4, 8, 8)
    expected = np.zeros((4, 8, 8), np.float32)
    expected[:, cell[0], cell[1]] = 1.0
    assert np.array_equal(found, expected)
