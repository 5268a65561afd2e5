"""Signing in, and finding one's way on the screens that need it. Nothing here is a test."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from data_cleaning.imaging.limits import Limits
from server.datasets.managed_datasets import Datasets
from tests.support.browsing import Live, picture

Start = Callable[..., Live]
ADA = picture({"ada_lovelace": (40, 60, 80, 100)})
TRAINER_SCREENS = ["teach", "review", "models", "settings"]
SCREENS = {"train": TRAINER_SCREENS, "admin": [*TRAINER_SCREENS, "activity"]}


def key_of(live: Live, role: str) -> str:
    key, _ = live.app.extensions["likeness"].keys.create(f"the {role}", role)
    return str(key)


def signed_in(
    page: Any, live: Live, role: str, where: str = "/models", url: str | None = None
) -> None:
    """url: of what stands in front of the service, if anything does."""
    page.goto((url or live.url) + where)
    page.click("#sign-in, #gate-sign-in")
    page.fill("#key", key_of(live, role))
    page.click("#sign-in-form [type=submit]")
    page.wait_for_selector("#sign-out:not([hidden])")


def filled(live: Live, name: str, *classes: str) -> None:
    """A data set with two pictures in each class; a class named "empty" gets none."""
    datasets = Datasets(live.app.extensions["likeness"].settings.datasets)
    datasets.create(name)
    for number, label in enumerate(classes):
        datasets.create_class(name, label)
        if label != "empty":
            for row in (9, 90):
                datasets.add(name, label, picture({"stranger": (number, row, 40, 40)}), Limits())
