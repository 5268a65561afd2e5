"""Saving small real models for tests, by the same road that `train` takes, with one classifier to
be quick.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from data_cleaning.datasets.dataset import Dataset
from model.recipes.presets import RECIPES
from model.recognition.bundle import Bundle
from model.recognition.registry import Registry
from model.training.options import TrainingOptions
from model.workflows.tasks.single_label import SingleLabelTask
from model.workflows.train_version import TrainingRequest, train_version

RECIPE = replace(RECIPES["object-classic"], closed=False)  # so that there is a threshold to look at
QUICK = TrainingOptions(classifiers=("logistic_regression",), folds=2)


def saved(registry: Registry, name: str, data: Path, options: TrainingOptions = QUICK) -> Bundle:
    """The next version of a model of the pictures in a folder."""
    items = Dataset(data).items()
    request = TrainingRequest(name, data, RECIPE, options, registry)
    dataset = SingleLabelTask().measure(items, RECIPE, lambda *_: None)
    return train_version(request, dataset, lambda *_: None).bundle
