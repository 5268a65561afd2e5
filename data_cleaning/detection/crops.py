"""A detection to the picture that features are measured on, and marks of how good it is.

Cut and align, size, blur, light, pose, two eyes. Nothing here finds anything new, and nothing is
thrown away: a mark is advice.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np

from data_cleaning.detection.detection import Detection, cascade
from data_cleaning.imaging.colour import grey
from data_cleaning.imaging.image import Image
from data_cleaning.imaging.resizing import resize, warp


@dataclass(frozen=True)
class ChipTemplate:
    """Where a face network learnt the five landmarks in a chip of side x side pixels.

    points: right eye, left eye, nose, right and left corner of the mouth. margin: of the square
    crop that serves where there are no landmarks, as a part of its side.
    """

    side: int
    points: tuple[tuple[float, float], ...]
    margin: float


TEMPLATES = {
    "dlib": ChipTemplate(
        150,
        ((44.18, 48.26), (103.56, 48.23), (73.56, 80.48), (50.37, 105.90), (100.66, 105.65)),
        margin=0.15,
    ),
    # Source: Deng et al., "ArcFace", CVPR 2019; SFace learnt the same chips.
    "arcface": ChipTemplate(
        112,
        (
            (38.2946, 51.6963),
            (73.5318, 51.5014),
            (56.0252, 71.7366),
            (41.5493, 92.3655),
            (70.7299, 92.2041),
        ),
        margin=0.0,
    ),
}
_LOOK = 96  # pixels a side of what sharpness and light are measured on
_EYE_SEARCH = 128  # pixels: a face is scaled to this width before eyes are looked for

MARKS = {
    "one_eye": "fewer than two eyes were found in it",
    "small": "it is only a few pixels wide",
    "blurred": "it is blurred",
    "dark": "it is very dark",
    "bright": "it is over-exposed",
    "turned": "the face is turned far away",
}


@dataclass(frozen=True)
class Quality:
    """Measures of one crop.

    side: shorter side of the detection in source pixels. sharpness: see `sharpness`. darkest,
    brightest: grey levels, 0 to 255, that 5 % of its pixels lie below and above; where even the
    brightest are dark, or the darkest bright, light is what is wrong, and not the colour of a skin.
    eyes: how many eyes were found, or None where nobody looked. turn: how far the nose lies from
    the middle between the eyes, in eye distances (0 frontal, about .5 profile), or None without
    landmarks.
    """

    side: int
    sharpness: float
    darkest: float
    brightest: float
    eyes: int | None = None
    turn: float | None = None

    def marks(self) -> tuple[str, ...]:
        """What is wrong with it, as keys of MARKS; empty when nothing is."""
        found = {
            "one_eye": self.eyes is not None and self.eyes < 2,
            "small": self.side < 32,
            "blurred": self.sharpness < 0.35,
            "dark": self.brightest < 80,
            "bright": self.darkest > 175,
            "turned": self.turn is not None and self.turn > 0.45,
        }
        return tuple(mark for mark, holds in found.items() if holds)


def quality(image: Image, detection: Detection, *, eyes: bool = False) -> Quality:
    """Measure one detection; with `eyes`, also look for eyes by Haar cascade."""
    patch = grey(
        image[
            detection.y : detection.y + detection.height,
            detection.x : detection.x + detection.width,
        ]
    )
    small = resize(patch, _LOOK, _LOOK)
    return Quality(
        side=min(detection.width, detection.height),
        sharpness=_sharpness(small),
        darkest=percentile(small, 5),
        brightest=percentile(small, 95),
        eyes=count_eyes(image, detection) if eyes else None,
        turn=_turn(detection),
    )


def sharpness(patch: np.ndarray) -> float:
    """The part of its edges, 0 to 1, that a grey picture (2 dimensions) at 96 x 96 loses by another
    blur.

    Whatever the contrast: .41 to .67 for faces as cameras take them, below .35 when blurred by a
    Gaussian of 1.5 pixels or more. After Crete et al., "The blur effect", SPIE 2007.
    """
    return _sharpness(resize(patch, _LOOK, _LOOK))


def percentile(light: np.ndarray, percent: int) -> float:
    """The grey level that so many in a hundred pixels lie below: `np.percentile`, to the last bit,
    in a fifth of its time. light: uint8.
    """
    up_to = np.cumsum(np.bincount(light.ravel(), minlength=256))
    place = percent / 100 * (light.size - 1)
    whole = int(place)
    part = place - whole
    below, above = (int(level) for level in up_to.searchsorted((whole, whole + 1), "right"))
    if part < 0.5:
        return below + (above - below) * part
    return above - (above - below) * (1 - part)


def _sharpness(small: np.ndarray) -> float:
    levels = small.astype(np.float32)
    return min(_lost(levels, 1, (9, 1)), _lost(levels, 0, (1, 9)))


def _lost(small: np.ndarray, axis: int, window: tuple[int, int]) -> float:
    before = np.abs(np.diff(small, axis=axis))
    after = np.abs(np.diff(cv2.blur(small, window), axis=axis))
    return float(np.maximum(before - after, 0).sum() / max(before.sum(), 1e-6))


def count_eyes(image: Image, detection: Detection) -> int:
    """Of the two eyes of a face, how many are found where they should be: 0, 1 or 2."""
    upper = grey(square(image, detection, size=_EYE_SEARCH))[
        _EYE_SEARCH // 8 : _EYE_SEARCH * 5 // 8
    ]
    found = cascade("eye_tree_eyeglasses").detectMultiScale(upper, 1.15, 3, minSize=(16, 16))
    centres = [x + width / 2 for x, _, width, _ in found]
    middle = _EYE_SEARCH / 2
    return int(any(c < middle for c in centres)) + int(any(c > middle for c in centres))


def square(image: Image, detection: Detection, *, size: int = 96, margin: float = 0.0) -> Image:
    """A size x size crop: the detection made square around its centre, grown by `margin` of its
    side all round.

    A leaning region is turned upright. What lies outside the picture repeats its border.
    """
    side = max(detection.width, detection.height) * (1 + 2 * margin)
    left = detection.x + detection.width / 2 - side / 2
    top = detection.y + detection.height / 2 - side / 2
    if detection.roll == 0:
        return resize(_cut(image, round(left), round(top), max(1, round(side))), size, size)
    around = max(1, round(side * 1.5))  # room for the corners of the turned square
    wide = _cut(image, round(left - (around - side) / 2), round(top - (around - side) / 2), around)
    return _turned(resize(wide, size * 3 // 2, size * 3 // 2), detection.roll, size)


def _turned(patch: Image, degrees: float, size: int) -> Image:
    """The middle size x size of a patch that is turned around its centre."""
    matrix = cv2.getRotationMatrix2D((patch.shape[1] / 2, patch.shape[0] / 2), degrees, 1.0)
    matrix[:, 2] += size / 2 - patch.shape[1] / 2
    return warp(patch, matrix, size, size)


def five_points(
    image: Image, detection: Detection, *, size: int = 150, template: str = "dlib"
) -> Image:
    """A size x size chip turned, scaled and shifted so that the five landmarks lie where the
    network learnt them; template: a key of TEMPLATES.

    Least-squares similarity (Umeyama 1991). Without landmarks, or where they fit badly, a square
    crop with the chip's usual margin serves instead.
    """
    chip = TEMPLATES[template]
    matrix = _similarity(detection, chip, size) if plausible(detection) else None
    if matrix is None:
        return square(image, detection, size=size, margin=chip.margin)
    return warp(image, matrix, size, size)


def stretched(image: Image, detection: Detection, *, size: int = 128) -> Image:
    """The detection itself scaled to size x size, whatever its shape."""
    patch = image[
        detection.y : detection.y + detection.height, detection.x : detection.x + detection.width
    ]
    return resize(patch, size, size)


def surroundings(
    image: Image,
    detection: Detection,
    *,
    size: int = 224,
    sides: float = 0.4,
    above: float = 0.1,
    below: float = 0.15,
) -> Image:
    """The detection with what is around it, scaled to size x size: a person's bag, bicycle or
    helmet.

    sides: how much of its width is added left and right; above, below: how much of its height. What
    would lie outside the picture is left out.
    """
    height, width = image.shape[:2]
    left = max(0, round(detection.x - sides * detection.width))
    top = max(0, round(detection.y - above * detection.height))
    right = min(width, round(detection.x + (1 + sides) * detection.width))
    bottom = min(height, round(detection.y + (1 + below) * detection.height))
    return resize(image[top:bottom, left:right], size, size)


CROPS: dict[str, Callable[..., Image]] = {
    "square": square,
    "five_points": five_points,
    "stretched": stretched,
    "surroundings": surroundings,
}


def plausible(detection: Detection) -> bool:
    """Do the landmarks look like a face: apart, eyes above mouth, all near the box?"""
    if detection.landmarks is None:
        return False
    points = np.array(detection.landmarks)
    right_eye, left_eye, nose, right_mouth, left_mouth = points
    side = max(detection.width, detection.height)
    eyes, mouth = (right_eye + left_eye) / 2, (right_mouth + left_mouth) / 2
    centre = np.array([detection.x + detection.width / 2, detection.y + detection.height / 2])
    apart = (
        np.linalg.norm(left_eye - right_eye) + np.linalg.norm(left_mouth - right_mouth)
        > 0.12 * side
    )
    tall = np.linalg.norm(mouth - eyes) > 0.15 * side
    inside = bool((np.abs(points - centre) < side).all())
    nose_between = (
        0 < (nose - eyes) @ (mouth - eyes) / max((mouth - eyes) @ (mouth - eyes), 1e-9) < 1.2
    )
    return bool(apart and tall and inside and nose_between)


def _similarity(detection: Detection, chip: ChipTemplate, size: int) -> np.ndarray | None:
    source = np.array(detection.landmarks, np.float64)
    target = np.array(chip.points) * (size / chip.side)
    source_mean, target_mean = source.mean(0), target.mean(0)
    a, b = source - source_mean, target - target_mean
    spread = (a**2).sum()
    if spread < 1e-6:
        return None
    u, s, vt = np.linalg.svd(b.T @ a)
    sign = np.array([1.0, np.sign(np.linalg.det(u) * np.linalg.det(vt))])
    turn = u @ np.diag(sign) @ vt
    scale = (s * sign).sum() / spread
    shift = target_mean - scale * turn @ source_mean
    return np.hstack([scale * turn, shift[:, None]])


def _turn(detection: Detection) -> float | None:
    if detection.landmarks is None:
        return None
    right_eye, left_eye, nose = (np.array(p) for p in detection.landmarks[:3])
    axis = left_eye - right_eye
    length = float(np.linalg.norm(axis))
    if length < 1e-6:
        return 1.0
    return abs(float((nose - (right_eye + left_eye) / 2) @ axis)) / length**2


def _cut(image: Image, left: int, top: int, side: int) -> Image:
    """A side x side patch; outside the picture its border is repeated."""
    height, width = image.shape[:2]
    before_x, before_y = max(0, -left), max(0, -top)
    after_x, after_y = max(0, left + side - width), max(0, top + side - height)
    patch = image[max(top, 0) : min(top + side, height), max(left, 0) : min(left + side, width)]
    if before_x or before_y or after_x or after_y:
        patch = cv2.copyMakeBorder(
            patch, before_y, after_y, before_x, after_x, cv2.BORDER_REPLICATE
        )  # type: ignore[assignment]
    return patch
