"""An exported model answers as the served one does, whatever the classifier; and a wrong one is
never written.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import onnx
import pytest

from data_cleaning.datasets.class_names import UNKNOWN
from data_cleaning.datasets.dataset import Dataset, Item
from data_cleaning.errors import DatasetError
from data_cleaning.pretrained import locate
from model.export import write_onnx as exporting
from model.export.onnx_model import TOLERANCE, build
from model.export.onnx_operations import ExportRefused
from model.export.write_onnx import export, labelled_crops, largest_difference, quantise
from model.recipes.presets import preset
from model.recipes.recipe import Recipe, Step
from model.recognition.bundle import Bundle
from model.recognition.manifest import Facts
from model.training.classifiers import CLASSIFIERS
from model.training.fit import fit
from model.training.options import TrainingOptions
from model.training.samples import near_copies, readable, samples
from tests.support.pictures import draw


def trained(root: Path, name: str, classifier: str) -> Bundle:
    return trained_by(preset(name), root, classifier)


def trained_by(recipe: Recipe, root: Path, classifier: str) -> Bundle:
    good = readable(samples(Dataset(root).items(), recipe))
    learnt = fit(
        good, near_copies(good), recipe, TrainingOptions(classifiers=(classifier,), folds=2)
    )
    return Bundle("shapes", 1, recipe, learnt.recogniser, Facts())


@pytest.fixture(scope="module")
def shapes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return draw(tmp_path_factory.mktemp("shapes"))


@pytest.fixture(scope="module")
def items(shapes: Path) -> list[Item]:
    return Dataset(shapes).items()


@pytest.mark.parametrize("classifier", CLASSIFIERS)
@pytest.mark.parametrize("classes", [2, 3])
def test_classifier_and_gallery_answer_as_they_do_here(
    classifier: str, classes: int, shapes: Path, items: list[Item], tmp_path: Path
) -> None:
    wanted = sorted({item.label for item in items})[:classes]
    for label in wanted:
        (tmp_path / "data" / label).parent.mkdir(exist_ok=True)
        (tmp_path / "data" / label).symlink_to(shapes / label)
    bundle = trained(tmp_path / "data", "object-classic", classifier)
    done = export(bundle, tmp_path / "model.onnx", items)
    assert done.input == "features"
    assert done.checked > len(items)
    assert done.difference <= TOLERANCE
    graph = onnx.load(str(done.path))
    facts = {p.key: p.value for p in graph.metadata_props}
    assert facts["labels"] == str(wanted).replace("'", '"')


def test_strangers_that_were_trained_on_are_no_class_of_the_export(
    shapes: Path, tmp_path: Path
) -> None:
    root = tmp_path / "data"
    root.mkdir()
    for label, folder in (("cross", "cross"), ("disc", "disc"), ("stripes", UNKNOWN)):
        (root / folder).symlink_to(shapes / label)
    bundle = trained(root, "object-classic", "logistic_regression")
    done = export(bundle, tmp_path / "model.onnx")
    graph = onnx.load(str(done.path))
    assert [d.dim_value for d in graph.graph.output[0].type.tensor_type.shape.dim][1] == 2


def test_a_graph_that_answers_differently_is_not_written(shapes: Path, tmp_path: Path) -> None:
    bundle = trained(shapes, "object-classic", "logistic_regression")
    wrong = replace(bundle.recogniser.gallery, vectors=-bundle.recogniser.gallery.vectors)
    other = replace(bundle, recogniser=replace(bundle.recogniser, gallery=wrong))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(exporting, "build", lambda _: build(other))
        with pytest.raises(
            ExportRefused, match=r"differs from the served one by .*Nothing was written"
        ):
            export(bundle, tmp_path / "model.onnx")
    assert list(tmp_path.iterdir()) == []


def test_features_without_a_graph_cannot_go_whole(shapes: Path) -> None:
    bundle = trained(shapes, "object-classic", "logistic_regression")
    with pytest.raises(ExportRefused, match="hog, lbp, wavelet_bands have no graph"):
        build(bundle, whole=True)


@pytest.mark.parametrize(
    "step", [Step("opponent"), Step("colour", {"grid": 4, "bins": 8, "cell": 56})]
)
def test_colours_are_counted_exactly_in_the_graph(
    step: Step, shapes: Path, items: list[Item], tmp_path: Path
) -> None:
    recipe = replace(preset("object-modern"), features=(step,))
    bundle = trained_by(recipe, shapes, "logistic_regression")
    done = export(bundle, tmp_path / "model.onnx", items)
    assert done.input == "crops"
    assert done.difference <= TOLERANCE


def test_small_numbers_need_a_network(shapes: Path, items: list[Item], tmp_path: Path) -> None:
    bundle = trained(shapes, "object-classic", "logistic_regression")
    with pytest.raises(ExportRefused, match="no network"):
        quantise(bundle, export(bundle, tmp_path / "model.onnx"), items)


@pytest.mark.slow
def test_the_whole_modern_graph_and_its_smaller_copy(
    shapes: Path, items: list[Item], tmp_path: Path
) -> None:
    try:
        locate("efficientnet_lite0")
    except Exception as error:
        pytest.skip(str(error))
    bundle = trained(shapes, "object-modern", "logistic_regression")
    some = items[::4]
    done = export(bundle, tmp_path / "model.onnx", some)
    assert done.input == "crops"
    assert done.difference <= TOLERANCE
    small = quantise(bundle, done, some)
    assert small.bytes < 0.5 * done.bytes
    assert small.pictures == len(some)
    assert small.agreement >= 0.8
    assert small.accuracy[0] >= 0.8
    with pytest.raises(DatasetError):
        quantise(bundle, done, [])


def test_crops_that_cannot_be_read_are_passed_over(shapes: Path, tmp_path: Path) -> None:
    (tmp_path / "broken.png").write_bytes(b"no picture")
    bundle = trained(shapes, "object-classic", "logistic_regression")
    assert list(labelled_crops(bundle, [Item(tmp_path / "broken.png", "disc", "0" * 64)])) == []
    assert largest_difference(bundle, build(bundle), []) == 0.0
