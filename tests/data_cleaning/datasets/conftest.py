"""Data sets that several files of tests look at."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from data_cleaning.imaging import encoding, resizing
from tests.data_cleaning.commands import face
from tests.support.pictures import packaged, png, scene, write


@pytest.fixture
def people(tmp_path) -> Path:
    """A data set with one of each: a face, a cat, a tiny face, no picture, a broken one."""
    root = tmp_path / "people"
    write(root / "eileen" / "portrait.png", face())
    write(root / "eileen" / "small.png", resizing.resize(face(), 40, 40))
    write(root / "cat" / "chelsea.png", packaged("chelsea.png"))
    (root / "cat" / "text.png").write_bytes(b"no picture at all" * 9)
    (root / "cat" / "cut.jpg").write_bytes(encoding.encode(packaged("coffee.png"), ".jpg")[:5000])
    return root


@pytest.fixture
def messy(tmp_path) -> Path:
    """A data set of whole pictures with one of each problem, named by its problem."""
    root = tmp_path / "messy"
    coffee, cat, rocket = packaged("coffee.png"), packaged("chelsea.png"), packaged("rocket.jpg")
    write(root / "cups" / "good.png", coffee)
    write(root / "cups" / "near.jpg", resizing.resize(coffee, 300, 200), 80)
    write(root / "cats" / "good.png", cat)
    write(root / "cats" / "blurred.png", cv2.GaussianBlur(packaged("camera.png"), (0, 0), 14))
    write(root / "cats" / "dark.png", (packaged("motorcycle_left.png") * 0.12).astype(np.uint8))
    write(
        root / "cats" / "bright.png",
        np.clip(packaged("coins.png") * 0.15 + 215, 0, 255).astype(np.uint8),
    )
    write(root / "cats" / "small.png", resizing.resize(scene(8), 40, 30))
    write(root / "cats" / "near_across.jpg", resizing.resize(rocket, 200, 133), 70)
    write(root / "cups" / "near_across.png", rocket)
    (root / "cats" / "broken.png").write_bytes(png(50, 50, b"\0" * 60))
    (root / "cats" / "copy_across.png").write_bytes(encoding.encode(scene(1, 300, 200)))
    (root / "cups" / "copy_across.png").write_bytes(encoding.encode(scene(1, 300, 200)))
    for name in ("copy.png", "copy again.png"):
        (root / "cups" / name).write_bytes(encoding.encode(scene(2, 300, 200)))
    return root
