"""SageMaker's contract, with its folders somewhere else: what goes in, what comes out."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from likeness.sagemaker.folders import Folders
from likeness.sagemaker.serve import lay_out
from likeness.sagemaker.train import train
from model.recognition.registry import Registry
from server.locations import shipped


@pytest.fixture
def folders(tmp_path: Path) -> Folders:
    (tmp_path / "input" / "config").mkdir(parents=True)
    return Folders(tmp_path)


def told(folders: Folders, **values: str) -> Folders:
    folders.hyperparameters.write_text(json.dumps(values))
    return folders


def test_pictures_become_a_model(folders: Folders, drawn_shapes: Path) -> None:
    shutil.copytree(drawn_shapes, folders.pictures[0])
    quick = {
        "classifiers": "logistic_regression",
        "recipe": "object-classic",
        "sagemaker_region": "eu",
    }
    assert train(told(folders, name="shapes", private="true", **quick)) == 0
    assert Registry(folders.model).load("shapes").labels == ("cross", "disc", "square")
    assert not folders.failure.exists()


@pytest.mark.parametrize(
    ("values", "says"),
    [
        ({"epochs": "3"}, "There is no hyperparameter 'epochs'; there are name, recipe"),
        ({"recipe": "face-tiny"}, "'face-tiny' is not one of"),
        ({}, "There are no pictures: the channel `train`"),
    ],
)
def test_what_cannot_be_trained_is_a_failure_with_a_sentence(
    folders: Folders, values: dict[str, str], says: str
) -> None:
    if values:
        folders.pictures[0].mkdir(parents=True)
    assert train(told(folders, **values)) != 0
    assert says in folders.failure.read_text()


@pytest.mark.parametrize("packed", ["artifacts", "version", "nothing"])
def test_what_model_tar_gz_may_hold(tmp_path: Path, shapes_artifacts: Path, packed: str) -> None:
    model, models = tmp_path / "model", tmp_path / "models"
    sources = {"artifacts": shapes_artifacts, "version": shapes_artifacts / "shapes" / "1"}
    if packed in sources:
        shutil.copytree(sources[packed], model)
    lay_out(model, models)
    wanted = Registry(shipped("artifacts")).names() if packed == "nothing" else ["shapes"]
    assert Registry(models).names() == wanted
