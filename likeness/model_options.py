"""Options that name a saved model or the folder of models."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import click

from data_cleaning.datasets.dataset import Dataset, Item
from data_cleaning.files import sha256_of_file
from likeness.options import Output, PlacePath, options
from likeness.serving.shipped_models import models_folder
from model.recognition.bundle import Bundle
from model.recognition.registry import Registry

artifacts = click.option(
    "--artifacts",
    type=PlacePath(),
    default=models_folder,
    show_default="artifacts",
    metavar="DIR",
    help="folder of the models, or s3://BUCKET/FOLDER",
)

model_version = options(
    click.argument("name", metavar="NAME"),
    click.option("--version", type=int, metavar="N", help="default: the active one"),
    artifacts,
)


@dataclass(frozen=True, kw_only=True)
class RegistryOptions(Output):
    """What every command asks that works on saved models."""

    artifacts: Path

    @property
    def registry(self) -> Registry:
        return Registry(self.artifacts)


@dataclass(frozen=True, kw_only=True)
class ModelOptions(RegistryOptions):
    """What a command asks that works on one saved version."""

    name: str
    version: int | None

    def load(self) -> Bundle:
        return self.registry.load(self.name, self.version)


def items_of(root: Path | None) -> list[Item]:
    """Every picture under the label of its folder; none without a folder."""
    if root is None:
        return []
    return [Item(path, label, sha256_of_file(path)) for path, label in Dataset(root).paths()]
