"""Altered copies of training crops: flipped, turned, zoomed, lit otherwise, hidden or dyed in part.

For training alone.

Nothing that is measured on a picture - a fold, a threshold, an answer - ever sees an altered crop.
The chance is drawn from the picture's own sha256, so the same data always give the same copies.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from data_cleaning.errors import RecipeError
from data_cleaning.imaging.image import Image
from data_cleaning.imaging.resizing import resize, warp

COPIES = 2  # altered crops of each training crop unless somebody asks for another number
MOST_COPIES = 20


@dataclass(frozen=True)
class Augmentation:
    """Which alterations, and how many altered copies of each crop.

    Raises RecipeError on a wrong name or number.
    """

    names: tuple[str, ...] = ()
    copies: int = COPIES

    def __post_init__(self) -> None:
        wrong = [name for name in self.names if name not in ALTERATIONS]
        if wrong:
            raise RecipeError(
                f"There is no alteration {', '.join(wrong)}; there are {', '.join(ALTERATIONS)}."
            )
        if not 1 <= self.copies <= MOST_COPIES:
            raise RecipeError(
                f"{self.copies} altered copies of each picture; 1 to {MOST_COPIES} are allowed."
            )

    def __bool__(self) -> bool:
        return bool(self.names)

    def __str__(self) -> str:
        """As `parse` reads it: "flip,zoom:2", or "" for none."""
        return f"{','.join(self.names)}:{self.copies}" if self.names else ""

    @classmethod
    def parse(cls, text: str) -> Augmentation:
        """Names joined by commas, with the number of copies after a colon where it is not the usual
        one.
        """
        names, _, copies = text.partition(":")
        if copies and not copies.isdecimal():
            raise RecipeError(
                f"{copies!r} is no number of altered copies; 1 to {MOST_COPIES} are allowed."
            )
        return cls(
            tuple(name for name in names.split(",") if name), int(copies) if copies else COPIES
        )

    def altered(self, chip: Image, sha256: str) -> list[Image]:
        """`copies` altered crops of the same size; each draws every alteration anew."""
        chance = np.random.default_rng(int(sha256[:16], 16))
        return [self._one(chip, chance) for _ in range(self.copies if self.names else 0)]

    def _one(self, chip: Image, chance: np.random.Generator) -> Image:
        for name in self.names:
            chip = ALTERATIONS[name](chip, chance)
        return np.ascontiguousarray(chip)


def flip(chip: Image, chance: np.random.Generator) -> Image:
    """The mirror image, every second time."""
    return chip[:, ::-1] if chance.random() < 0.5 else chip


def rotate(chip: Image, chance: np.random.Generator) -> Image:
    """Turned around its centre by up to 15 degrees, a little enlarged so that fewer corners are
    empty.
    """
    angle = np.deg2rad(chance.uniform(-15, 15))
    return _around_centre(
        chip, 1.1 * np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    )


def zoom(chip: Image, chance: np.random.Generator) -> Image:
    """A part of .75 to 1 of each side, anywhere in the crop, scaled to the crop's size."""
    height, width = chip.shape[:2]
    share = chance.uniform(0.75, 1.0)
    part_height, part_width = max(1, round(height * share)), max(1, round(width * share))
    top = int(chance.integers(0, height - part_height + 1))
    left = int(chance.integers(0, width - part_width + 1))
    return resize(chip[top : top + part_height, left : left + part_width], width, height)


def brightness(chip: Image, chance: np.random.Generator) -> Image:
    """All values moved by up to 40 of 255, cut at the ends."""
    return _clipped(chip.astype(np.float32) + chance.uniform(-40, 40))


def contrast(chip: Image, chance: np.random.Generator) -> Image:
    """Distances from the mean value scaled by .7 to 1.4, cut at the ends."""
    values = chip.astype(np.float32)
    middle = values.mean()
    return _clipped(middle + (values - middle) * chance.uniform(0.7, 1.4))


def cut_out(chip: Image, chance: np.random.Generator) -> Image:
    """A rectangle of 1/4 to 1/2 of each side painted grey.

    Source: DeVries, Taylor, "Cutout", 2017.
    """
    height, width = chip.shape[:2]
    tall, wide = (max(1, int(side * chance.uniform(0.25, 0.5))) for side in (height, width))
    top, left = (
        int(chance.integers(0, height - tall + 1)),
        int(chance.integers(0, width - wide + 1)),
    )
    hidden = chip.copy()
    hidden[top : top + tall, left : left + wide] = 127
    return hidden


def dye(chip: Image, chance: np.random.Generator) -> Image:
    """Most of the middle, where a person's shirt is, in one strong colour with soft edges: so that
    the colour of a shirt decides nothing.
    """
    height, width = chip.shape[:2]
    x, y = width * chance.uniform(0.4, 0.6), height * chance.uniform(0.35, 0.6)
    wide, tall = width * chance.uniform(0.15, 0.32), height * chance.uniform(0.15, 0.32)
    rows, columns = np.mgrid[:height, :width]
    distance = ((columns - x) / wide) ** 2 + ((rows - y) / tall) ** 2
    share = np.clip((1.3 - distance) / 0.6, 0, 1)[..., None] * chance.uniform(0.7, 1.0)
    tone = np.array([[[chance.integers(0, 180), chance.integers(150, 256), 255]]], np.uint8)
    colour = cv2.cvtColor(tone, cv2.COLOR_HSV2BGR)[0, 0] / 255.0
    light = chip.max(axis=2, keepdims=True) * 0.7 + 60.0
    return _clipped((chip * (1 - share) + light * colour * share).astype(np.float32))


ALTERATIONS: dict[str, Callable[[Image, np.random.Generator], Image]] = {
    "flip": flip,
    "rotate": rotate,
    "zoom": zoom,
    "brightness": brightness,
    "contrast": contrast,
    "cut-out": cut_out,
    "dye": dye,
}


def _around_centre(chip: Image, turn: NDArray[np.float64]) -> Image:
    height, width = chip.shape[:2]
    centre = np.array([(width - 1) / 2, (height - 1) / 2])
    return warp(chip, np.hstack([turn, (centre - turn @ centre)[:, None]]), width, height)


def _clipped(values: NDArray[np.float32]) -> Image:
    return np.asarray(np.clip(values, 0, 255), np.uint8)
