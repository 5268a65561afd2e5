"""Why: the hottest places matter more than others, the nearest pictures are near, and the words fit
the numbers.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from data_cleaning.datasets.dataset import Dataset, Item
from data_cleaning.errors import NotAPicture, WeightsMissing
from data_cleaning.imaging.decoding import decode
from data_cleaning.imaging.encoding import encode
from data_cleaning.pretrained import locate
from model.__main__ import main
from model.recipes.presets import preset
from model.recognition.bundle import Bundle
from model.recognition.explain import (
    GRID,
    NoRegion,
    explain,
    heat_of,
    hide,
    hottest,
    score,
    sentence,
)
from model.recognition.manifest import Facts
from model.recognition.naming.recogniser import Acceptance
from model.recognition.pipeline import crop_region, find_regions
from model.recognition.registry import Registry
from model.training.fit import fit
from model.training.options import TrainingOptions
from model.training.samples import near_copies, readable, samples
from tests.support.pictures import draw, drawn

PICTURES = int(os.environ.get("LIKENESS_TEST_EXPLAINED", "24"))


def trained(items: list[Item], name: str) -> Bundle:
    recipe = preset(name)
    good = readable(samples(items, recipe))
    learnt = fit(
        good,
        near_copies(good),
        recipe,
        TrainingOptions(classifiers=("logistic_regression",), folds=2),
    )
    return Bundle("shapes", 1, recipe, learnt.recogniser, Facts())


@pytest.fixture(scope="module")
def shapes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return draw(tmp_path_factory.mktemp("shapes"))


@pytest.fixture(scope="module")
def bundle(shapes: Path) -> Bundle:
    return trained(Dataset(shapes).items(), "object-classic")


def drops(bundle: Bundle, pictures: list[bytes]) -> tuple[float, float]:
    """Mean loss of the best class's log-odds when the hottest and when a random tenth of the region
    is hidden.
    """
    chance = np.random.default_rng(7)
    hot, blind = [], []
    for data in pictures:
        image = decode(data)
        chip = crop_region(image, find_regions(image, bundle.recipe)[0].detection, bundle.recipe)
        label = bundle.recognise(data).predictions[0].best
        heat, _ = heat_of(bundle, chip, label)
        before = score(bundle, chip, label)
        height, width = chip.shape[:2]
        hot.append(before - score(bundle, hide(chip, hottest(heat, height, width)), label))
        anywhere = hottest(chance.random((GRID, GRID)), height, width)
        blind.append(before - score(bundle, hide(chip, anywhere), label))
    return float(np.mean(hot)), float(np.mean(blind))


def test_hiding_the_hottest_tenth_of_drawn_pictures_costs_more(bundle: Bundle) -> None:
    unseen = [
        encode(drawn(label, number)) for label in ("disc", "cross") for number in range(100, 106)
    ]
    hot, blind = drops(bundle, unseen)
    assert hot > blind


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "folder"), [("object-modern", "kanto"), ("object-classic", "pikachu")]
)
def test_hiding_the_hottest_tenth_of_real_pictures_costs_more(
    name: str, folder: str, shared_data: Path
) -> None:
    try:
        [locate(name) for name in preset(name).weights()]
    except WeightsMissing as error:
        pytest.skip(str(error))
    [root] = (shared_data / "objects").glob(f"{folder}*")
    items = Dataset(root).items()
    unseen = [item for number, item in enumerate(items) if number % 3 == 0][:PICTURES]
    model = trained([item for item in items if item not in unseen], name)
    hot, blind = drops(model, [item.path.read_bytes() for item in unseen])
    assert len(unseen) == PICTURES
    assert hot > blind


def test_an_explanation_has_heat_neighbours_and_words(bundle: Bundle, shapes: Path) -> None:
    path = shapes / "disc" / "3.png"
    found = explain(bundle, path.read_bytes())
    assert found.label == "disc"
    assert found.method == "occlusion"
    assert found.heat.shape == (GRID, GRID)
    assert found.heat.min() >= 0
    assert found.heat.max() == 1
    assert decode(found.heatmap).shape[0] > 100
    first, *others = found.nearest
    digests = {item.path: item.sha256 for item in Dataset(shapes).items()}
    assert first.sha256 == digests[path], "its own picture was enrolled"
    assert first.similarity > 0.99
    assert first.distance < 0.1
    assert all(a.similarity >= b.similarity for a, b in zip(found.nearest, others, strict=False))
    assert len({one.sha256 for one in found.nearest}) == len(found.nearest)
    assert found.sentence.startswith("3 of 3 nearest examples are disc; probability ")
    json.dumps(found.to_json())


@pytest.mark.parametrize(
    ("threshold", "reason", "words"),
    [
        (0.3, "known", "similarity .41 is above the threshold .30."),
        (0.5, "unknown", "similarity .41 is below the threshold .50."),
        (-1.0, "known", "probability .80 is the largest; this model refuses nobody."),
        (0.3, "too_small", "the region is too small to be named."),
        (0.3, "taken", "another region of this picture is more likely to be them."),
    ],
)
def test_the_words_fit_the_numbers(
    bundle: Bundle, shapes: Path, threshold: float, reason: str, words: str
) -> None:
    [seen] = bundle.recognise((shapes / "disc" / "3.png").read_bytes()).predictions
    near = explain(bundle, (shapes / "disc" / "3.png").read_bytes()).nearest
    other = replace(
        bundle,
        recogniser=replace(bundle.recogniser, acceptance=Acceptance("similarity", threshold)),
    )
    answer = replace(seen, probability=0.8, acceptance=0.41, reason=reason)
    one_off = (replace(near[0], label="cross", labels=("cross",)), *near[1:])
    assert sentence(other, answer, one_off) == f"2 of 3 nearest examples are disc; {words}"


@pytest.mark.parametrize(
    ("side", "words"),
    [(40, ", after .10 was taken off because a small face looks like many."), (80, ".")],
)
def test_the_words_say_what_a_small_face_costs(
    bundle: Bundle, shapes: Path, side: int, words: str
) -> None:
    [seen] = bundle.recognise((shapes / "disc" / "3.png").read_bytes()).predictions
    rule = replace(bundle.recogniser, acceptance=Acceptance("similarity", 0.3))
    careful = replace(bundle, recogniser=rule, recipe=replace(bundle.recipe, caution=0.1))
    small = replace(
        seen,
        acceptance=0.41,
        reason="known",
        detection=replace(seen.detection, width=side, height=90),
    )
    assert sentence(careful, small, ()) == f"similarity .41 is above the threshold .30{words}"


@pytest.mark.parametrize(
    ("data", "region", "error", "message"),
    [
        (b"no picture", 0, NotAPicture, "not a picture"),
        (None, 1, NoRegion, "Region 1 cannot be explained: 1 were found"),
        (None, -1, NoRegion, "Region -1"),
    ],
)
def test_what_cannot_be_explained_is_refused(
    bundle: Bundle, data: bytes | None, region: int, error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        explain(bundle, encode(drawn("disc", 1)) if data is None else data, region)


def test_a_modern_recipe_is_explained_by_its_activations(shapes: Path) -> None:
    try:
        locate("efficientnet_lite0")
    except WeightsMissing as error:
        pytest.skip(str(error))
    items = [item for item in Dataset(shapes).items() if item.label != "stripes"]
    found = explain(trained(items, "object-modern"), (shapes / "cross" / "1.png").read_bytes())
    assert found.method == "activation"
    assert found.label == "cross"
    assert found.heat.max() == 1


def test_the_command_writes_the_heat_map_and_names_files(
    bundle: Bundle, shapes: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    Registry(tmp_path).add(bundle)
    picture = str(shapes / "disc" / "3.png")
    options = ["--artifacts", str(tmp_path), "--data", str(shapes), "-o", str(tmp_path / "why.png")]
    assert main(["explain", "shapes", picture, *options, "--json"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert report["nearest"][0]["file"] == picture
    assert decode((tmp_path / "why.png").read_bytes()).ndim == 3
    assert main(["explain", "shapes", picture, *options]) == 0
    assert picture in capsys.readouterr().out


def test_explaining_loads_no_plotting() -> None:
    code = "import sys, model.recognition.explain; sys.exit('matplotlib' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
