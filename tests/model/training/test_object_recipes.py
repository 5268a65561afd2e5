"""Any classes: the whole picture as region, closed classes, altered crops, the most probable
classes.
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from data_cleaning.datasets.dataset import Dataset
from data_cleaning.errors import RecipeError
from model.__main__ import main
from model.recipes.augmentation import ALTERATIONS, Augmentation
from model.recipes.presets import preset
from model.recipes.recipe import Recipe
from model.training.fit import fit
from model.training.options import TrainingOptions
from model.training.samples import near_copies, readable, samples, training_rows
from model.training.splits import SEARCH_ROWS, searched, unaltered
from tests.support.pictures import draw, drawn

ONE = ("--classifiers", "logistic_regression")  # the quickest; which is best is asked elsewhere
QUICK = TrainingOptions(classifiers=("logistic_regression",), folds=2)


@pytest.fixture(scope="module")
def shapes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return draw(tmp_path_factory.mktemp("shapes"))


@pytest.fixture(scope="module")
def artifacts(shapes: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A trained model `shapes`."""
    folder = tmp_path_factory.mktemp("artifacts")
    options = ["--recipe", "object-classic", *ONE, "--artifacts", str(folder), "--json"]
    assert main(["train", str(shapes), "--name", "shapes", *options]) == 0
    return folder


@pytest.mark.parametrize("name", sorted(ALTERATIONS))
def test_an_altered_crop_keeps_its_shape_and_comes_out_the_same_again(name: str) -> None:
    chip = drawn("disc", 0)
    first = Augmentation((name,), 8).altered(chip, "ab" * 32)
    again = Augmentation((name,), 8).altered(chip, "ab" * 32)
    other = Augmentation((name,), 8).altered(chip, "cd" * 32)
    assert [one.shape for one in first] == [chip.shape] * 8
    assert all(one.dtype == np.uint8 for one in first)
    assert all(np.array_equal(a, b) for a, b in zip(first, again, strict=True))
    assert any(not np.array_equal(a, b) for a, b in zip(first, other, strict=True))
    assert any(not np.array_equal(one, chip) for one in first)


@pytest.mark.parametrize(
    ("names", "copies", "message"),
    [
        (("flip", "melt"), 2, "no alteration melt; there are flip"),
        (("flip",), 0, "0 altered copies of each picture; 1 to 20"),
        (("flip",), 21, "21 altered copies"),
    ],
)
def test_a_wrong_alteration_is_refused(names: tuple[str, ...], copies: int, message: str) -> None:
    with pytest.raises(RecipeError, match=message):
        Augmentation(names, copies)


def test_altered_crops_train_and_are_never_measured_on(shapes: Path) -> None:
    items = Dataset(shapes).items()
    good = readable(
        samples(items, preset("object-classic"), augment=Augmentation(("zoom", "contrast"), 2))
    )
    rows = training_rows(good, near_copies(good), preset("object-classic"))
    views = sum(len(v) for s in good for v in s.views)
    assert len(rows.labels) == views + 2 * len(items)
    assert rows.altered.sum() == 2 * len(items)
    for source in set(rows.sources):
        of_one = np.array(rows.sources) == source
        assert len(set(rows.groups[of_one].tolist())) == 1, "all rows of a picture are in one group"
    everything = np.arange(len(rows.labels))
    [(learn, test)] = unaltered([(everything, everything)], rows.altered)
    assert len(learn) == len(everything)
    assert not rows.altered[test].any()
    gallery = fit(good, near_copies(good), preset("object-classic"), QUICK).recogniser.gallery
    assert len(gallery.owners) == views


def test_without_strangers_closed_classes_refuse_nothing_until_asked(shapes: Path) -> None:
    closed = preset("object-classic")
    good = readable(samples(Dataset(shapes).items(), closed))
    copies = near_copies(good)
    assert fit(good, copies, closed, QUICK).recogniser.acceptance.threshold == -1
    asked = TrainingOptions(classifiers=("logistic_regression",), folds=2, strict=True)
    assert fit(good, copies, closed, asked).recogniser.acceptance.threshold > -1
    opened = Recipe.from_json(closed.to_json() | {"closed": False})
    assert fit(good, copies, opened, QUICK).recogniser.acceptance.threshold > -1


def test_the_search_is_thinned_by_whole_groups(shapes: Path) -> None:
    good = readable(samples(Dataset(shapes).items(), preset("object-classic")))
    rows = training_rows(good, near_copies(good), preset("object-classic"))
    numbers = np.array([sorted(set(rows.labels)).index(label) for label in rows.labels])
    assert np.array_equal(searched(rows, numbers), np.arange(len(numbers)))
    repeated = np.tile(np.arange(len(numbers)), 200)
    large = rows.subset(repeated)
    large = type(rows)(
        large.features[:, :1], large.labels, large.sources, np.arange(len(repeated)) // 4
    )
    few = searched(large, numbers[repeated])
    assert 0.9 * SEARCH_ROWS < len(few) < 1.1 * SEARCH_ROWS
    whole = large.groups * 3 + numbers[repeated]
    assert not set(whole[few].tolist()) & set(np.delete(whole, few).tolist()), (
        "a group is taken whole or not at all"
    )


def test_top_k_lists_the_most_probable_classes_first(
    shapes: Path, artifacts: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    picture = shapes / "disc" / "3.png"
    capsys.readouterr()
    assert (
        main(
            [
                "predict",
                "shapes",
                str(picture),
                "--artifacts",
                str(artifacts),
                "--top-k",
                "2",
                "--json",
            ]
        )
        == 0
    )
    [region] = json.loads(capsys.readouterr().out)["regions"]
    assert region["top"][0]["label"] == region["best"] == "disc"
    assert len(region["top"]) == 2
    assert region["top"][0]["score"] > region["top"][1]["score"]


def test_crossval_reports_what_altered_crops_brought(
    shapes: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    options = [
        "--recipe",
        "object-classic",
        *ONE,
        "--folds",
        "2",
        "--augment",
        "flip,brightness:1",
        "--json",
    ]
    assert main(["crossval", str(shapes), *options]) == 0
    report = json.loads(capsys.readouterr().out)
    gained = report["augmentation"]
    assert gained["how"] == "flip,brightness:1"
    assert gained["gain"] == pytest.approx(report["accuracy"] - gained["accuracy_without"])
