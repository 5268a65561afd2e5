"""The one road from bytes to numbers, and that training and serving walk the same one."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import numpy as np
import pytest

from data_cleaning.datasets.dataset import Dataset
from data_cleaning.detection.detectors import DETECTORS
from data_cleaning.errors import RecipeError, WeightsMissing
from data_cleaning.imaging.decoding import decode
from data_cleaning.imaging.encoding import encode
from data_cleaning.pretrained import locate
from model.recipes.presets import RECIPES, preset
from model.recipes.recipe import Recipe, Step
from model.recognition.pipeline import (
    Stopwatch,
    detect_regions,
    find_regions,
    region_features,
    view_features,
)
from model.training.samples import samples


def available(name: str) -> Recipe:
    recipe = preset(name)
    try:
        for weight in recipe.weights():
            locate(weight)
    except WeightsMissing as error:
        pytest.skip(str(error))
    return recipe


@pytest.mark.parametrize("name", RECIPES)
def test_a_recipe_survives_json(name: str) -> None:
    recipe = RECIPES[name]
    assert Recipe.from_json(json.loads(json.dumps(recipe.to_json()))) == recipe


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"detector": Step("haar_fave")}, "no detector 'haar_fave'; there are haar_face"),
        (
            {"detector": Step("haar_face", {"working_sise": 5})},
            "haar_face does not take working_sise; it takes",
        ),
        ({"crop": Step("round")}, "no crop 'round'"),
        ({"features": ()}, "at least one feature"),
        ({"features": (Step("hog", {"model": "x"}),)}, "hog does not take model"),
        ({"subject": "cat"}, "no subject 'cat'; it must be one of face, person, object"),
        ({"gallery": "big"}, "no gallery 'big'"),
    ],
)
def test_a_wrong_choice_fails_when_the_recipe_is_made(change: dict, words: str) -> None:
    with pytest.raises(RecipeError, match=words):
        dataclasses.replace(RECIPES["face-classic"], **change)


def test_an_unknown_recipe_names_the_known_ones() -> None:
    with pytest.raises(RecipeError, match=r"no recipe 'classic'; there are face-classic"):
        preset("classic")


@pytest.mark.parametrize("name", RECIPES)
def test_every_recipe_finds_something_in_the_portrait(name: str, astronaut: bytes) -> None:
    recipe = available(name)
    watch = Stopwatch()
    detected = detect_regions(astronaut, recipe, watch=watch)
    assert detected.regions
    assert set(watch.seconds) == {"decode", "detect"}
    for region in detected.regions:
        d = region.detection
        assert 0 <= d.x < d.x + d.width <= 512
        assert 0 <= d.y < d.y + d.height <= 512
        views = view_features(detected.image, d, recipe)
        assert views.shape == (
            2 if recipe.mirror else 1,
            len(region_features(detected.image, d, recipe)),
        )


@pytest.mark.parametrize("name", ["face-classic", "face-modern"])
def test_the_face_is_where_it_is(name: str, astronaut: bytes) -> None:
    best = detect_regions(astronaut, available(name)).regions[0].detection
    assert abs(best.x + best.width / 2 - 222) < 25
    assert abs(best.y + best.height / 2 - 120) < 30


@pytest.mark.parametrize("name", DETECTORS)
@pytest.mark.parametrize("shape", [(8, 8), (65, 44), (20, 400), (30, 3000), (3000, 30), (64, 64)])
def test_detectors_bear_odd_shapes(name: str, shape: tuple[int, int]) -> None:
    paths = _weights_of(name)
    image = np.random.default_rng(1).integers(0, 256, (*shape, 3)).astype(np.uint8)
    for d in DETECTORS[name].function(image, *paths):
        assert 0 <= d.x < d.x + d.width <= shape[1]
        assert 0 <= d.y < d.y + d.height <= shape[0]


def _weights_of(detector: str) -> list[Path]:
    try:
        return [locate(n) for n in DETECTORS[detector].needs]
    except WeightsMissing as error:
        pytest.skip(str(error))


@pytest.mark.parametrize("name", ["face-classic", "face-modern"])
def test_two_faces_in_one_picture_are_both_found(name: str, astronaut: bytes) -> None:
    face = decode(astronaut)[0:240, 120:340]
    pair = np.hstack([face, face[:, ::-1]])
    assert len(find_regions(np.ascontiguousarray(pair), available(name))) == 2


@pytest.mark.parametrize("name", RECIPES)
def test_training_and_serving_measure_the_same(name: str, astronaut: bytes, tmp_path: Path) -> None:
    recipe = available(name)
    (tmp_path / "someone").mkdir()
    (tmp_path / "someone" / "a.png").write_bytes(astronaut)
    one = samples(Dataset(tmp_path).items(), recipe)[0]
    detected = detect_regions(astronaut, recipe)
    assert [r.detection for r in one.regions] == [r.detection for r in detected.regions]
    for region, views in zip(detected.regions, one.views, strict=True):
        assert np.array_equal(views, view_features(detected.image, region.detection, recipe))


def test_a_picture_that_cannot_be_read_is_a_sample_with_an_error(
    drawn_shapes: Path, tmp_path: Path
) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "text.jpg").write_text("not a picture")
    (tmp_path / "a" / "half.png").write_bytes(encode(np.zeros((50, 50, 3), np.uint8))[:60])
    measured = samples(Dataset(tmp_path).items(), RECIPES["object-classic"])
    assert [s.path.name for s in measured if s.error] == ["half.png", "text.jpg"]
