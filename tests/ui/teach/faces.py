"""Faces for the screens Teach and Review, and the way there. Nothing here is a test."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from data_cleaning.imaging.decoding import read
from data_cleaning.imaging.encoding import encode
from data_cleaning.imaging.image import Image
from data_cleaning.imaging.limits import Limits
from data_cleaning.imaging.resizing import resize
from server.datasets.managed_datasets import Datasets
from tests.support.browsing import Live
from tests.support.pictures import scene
from tests.ui.admin_page import key_of

WATCH = """() => {
    window.clicks = 0;
    document.addEventListener("click", (event) => {
        if (event.isTrusted && event.detail) window.clicks += 1;
    }, true);
}"""


def person(orl: Path, number: int, picture: int) -> Image:
    """One picture of one of the 40, large enough to find the face in."""
    path = next((orl / f"s{number}").glob(f"{picture}.*"))
    return resize(read(path), 276, 336)


def jpeg(image: Image, name: str) -> dict[str, Any]:
    return {"name": name, "mimeType": "image/jpeg", "buffer": encode(image, ".jpg")}


def two_people(orl: Path) -> Image:
    gap = scene(3, 120, 336)
    return np.ascontiguousarray(np.hstack([person(orl, 3, 1), gap, person(orl, 4, 1)]))


def bad(orl: Path) -> dict[str, Image]:
    """One picture of each kind that must not become just "added"; by the words of its mark."""
    face = person(orl, 1, 1)
    return {
        "No face found": scene(5, 300, 240),
        "Too small": np.zeros((8, 8, 3), np.uint8),
        "Several people": two_people(orl),
        "Too dark": (person(orl, 1, 2) * 0.25).astype(np.uint8),
        "The same file in several classes": person(orl, 2, 1),
        "Nearly the same picture in another class": resize(person(orl, 2, 2), 250, 304),
        "": face,
    }


def put(live: Live, name: str, label: str, *pictures: Image) -> None:
    """Pictures of a class, made where it is not there."""
    datasets = Datasets(live.app.extensions["likeness"].settings.datasets)
    if name not in datasets.names():
        datasets.create(name)
    if label not in datasets.classes(name):
        datasets.create_class(name, label)
    for image in pictures:
        datasets.add(name, label, encode(image, ".jpg"), Limits())


def signed_in(page: Any, live: Live, where: str, url: str = "", role: str = "train") -> None:
    page.goto((url or live.url) + where)
    page.click("#gate-sign-in")
    page.fill("#key", key_of(live, role))
    page.keyboard.press("Enter")
    page.wait_for_selector("#screen:not([hidden])")


def complaints(page: Any) -> list[str]:
    """What the console says from now on."""
    said: list[str] = []
    page.on("pageerror", lambda error: said.append(str(error)))
    page.on(
        "console",
        lambda message: said.append(message.text) if message.type in ("error", "warning") else None,
    )
    return said


def watched(page: Any) -> Iterator[Any]:
    """The page; whatever its console says fails the test."""
    said = complaints(page)
    yield page
    assert said == []
