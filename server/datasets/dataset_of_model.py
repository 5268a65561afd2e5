"""Which data set teaches a model."""

from __future__ import annotations

import contextlib

from data_cleaning.errors import LikenessError
from server.context import Context
from server.datasets.dataset_folders import DatasetFolders
from server.errors import RequestError


def dataset_of_model(service: Context, model: str) -> str:
    """The data set that the model was trained on, where it lies here under that name; else one of
    the model's name.
    """
    with contextlib.suppress(LikenessError, RequestError):
        trained_on = service.models.get(model).facts.dataset
        if trained_on:
            DatasetFolders(service.settings.datasets).folder(trained_on)
            return trained_on
    return model
