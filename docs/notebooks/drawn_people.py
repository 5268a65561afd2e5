"""Drawn pictures of people, delivery riders and nobody, for the notebook on riders.

No package brings photographs of riders. OpenCV's detector of people looks for outlines, and takes
these figures for people: they do for a story.
"""

from __future__ import annotations

import cv2
import numpy as np
from pictures import packaged

from data_cleaning.imaging.image import Image
from data_cleaning.imaging.resizing import resize

GROUNDS = ("china.jpg", "grass.png", "gravel.png", "rocket.jpg", "brick.png")
WIDTH, HEIGHT = 180, 240
SKINS = ((140, 170, 215), (80, 110, 160), (60, 80, 120))
ORANGE = (20, 120, 240)  # blue, green, red
DARK = (30, 40, 50)

Colour = tuple[int, int, int]


def drawn(kind: str, number: int, orange: bool | None = None) -> Image:
    """A picture of a "rider", a "human" or "nobody". The same number is the same person and place.

    orange: does the person wear an orange shirt? None leaves the colour to chance. A rider carries
    a box on the back, whatever the shirt.
    """
    chance = np.random.default_rng(number)
    picture = _ground(number, chance)
    if kind != "nobody":
        chosen = tuple(int(v) for v in chance.integers(40, 220, 3))
        shirt = ORANGE if orange else chosen
        _Figure(picture, chance).draw(shirt, box=kind == "rider")
    return cv2.GaussianBlur(picture, (0, 0), 0.7)


def _ground(number: int, chance: np.random.Generator) -> Image:
    """Some part of a picture, mirrored at times: pictures of one place would be near copies."""
    ground = packaged(GROUNDS[number % len(GROUNDS)])
    height = int(ground.shape[0] * chance.uniform(0.3, 0.9))
    width = height * WIDTH // HEIGHT
    top = int(chance.integers(0, ground.shape[0] - height + 1))
    left = int(chance.integers(0, ground.shape[1] - width + 1))
    part = ground[top : top + height, left : left + width]
    if chance.random() < 0.5:
        part = part[:, ::-1]
    return resize(np.ascontiguousarray(part), WIDTH, HEIGHT)


class _Figure:
    """One standing person, eight heads high."""

    def __init__(self, picture: Image, chance: np.random.Generator) -> None:
        self.picture, self.chance = picture, chance
        self.unit = chance.integers(150, 175) / 8
        self.feet = (WIDTH // 2 + int(chance.integers(-30, 30)), HEIGHT - 30)

    def draw(self, shirt: Colour, box: bool) -> None:
        skin = SKINS[self.chance.integers(len(SKINS))]
        trousers = tuple(int(v) for v in self.chance.integers(20, 110, 3))
        if box:
            cv2.rectangle(self.picture, self.at(-2.6, -6.9), self.at(0, -4), DARK, -1)
            cv2.rectangle(self.picture, self.at(-2.4, -6.7), self.at(0, -6.2), (230, 230, 230), -1)
        for side in (-1, 1):
            self.line((0.45 * side, -4), (0.7 * side, -0.1), trousers, 0.85)
            self.line((0.9 * side, -6.3), (1.3 * side, -3.8), shirt, 0.6)
            self.oval((1.3 * side, -3.7), (0.3, 0.3), skin)
            self.oval((0.85 * side, 0), (0.5, 0.22), DARK)
        self.oval((0, -5.2), (1.05, 1.5), shirt)
        self.line((0, -6.7), (0, -7), skin, 0.5)
        self.oval((0, -7.4), (0.5, 0.65), skin)
        self.oval((0, -7.7), (0.55, 0.45), DARK, (180, 360))

    def at(self, right: float, down: float) -> tuple[int, int]:
        return round(self.feet[0] + right * self.unit), round(self.feet[1] + down * self.unit)

    def line(
        self, start: tuple[float, float], end: tuple[float, float], colour: Colour, width: float
    ) -> None:
        thick = max(2, round(width * self.unit))
        cv2.line(self.picture, self.at(*start), self.at(*end), colour, thick)

    def oval(
        self,
        centre: tuple[float, float],
        radii: tuple[float, float],
        colour: Colour,
        part: tuple[int, int] = (0, 360),
    ) -> None:
        axes = (round(radii[0] * self.unit), round(radii[1] * self.unit))
        cv2.ellipse(self.picture, self.at(*centre), axes, 0, *part, colour, -1)
