"""A detection to the picture that features are measured on, and marks of how good it is.

Cut and align, size, blur, light, pose, two eyes. Nothing here finds anything new, and nothing is thrown
away: a mark is advice.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np

from data_cleaning.detection import Detection, cascade
from data_cleaning.images import Image, grey, resize, warp

# Where dlib's face network wants the five landmarks in a 150 x 150 chip (right eye, left eye, nose, mouth corners).
_CHIP_150 = np.array([[44.18, 48.26], [103.56, 48.23], [73.56, 80.48], [50.37, 105.90], [100.66, 105.65]])
_EYE_SEARCH = 160  # pixels: a face is scaled to this width before eyes are looked for

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

    side: shorter side of the detection in source pixels. sharpness: variance of the Laplacian of the
    grey crop at 96 pixels (below 60 is blurred to the eye). brightness: mean grey, 0 to 255.
    eyes: how many eyes were found, or None where nobody looked. turn: how far the nose lies from the
    middle between the eyes, in eye distances (0 frontal, about .5 profile), or None without landmarks.
    """

    side: int
    sharpness: float
    brightness: float
    eyes: int | None = None
    turn: float | None = None

    def marks(self) -> tuple[str, ...]:
        """What is wrong with it, as keys of MARKS; empty when nothing is."""
        found = {
            "one_eye": self.eyes is not None and self.eyes < 2,
            "small": self.side < 32,
            "blurred": self.sharpness < 60,
            "dark": self.brightness < 40,
            "bright": self.brightness > 215,
            "turned": self.turn is not None and self.turn > 0.45,
        }
        return tuple(mark for mark, holds in found.items() if holds)


def quality(image: Image, detection: Detection, *, eyes: bool = False) -> Quality:
    """Measure one detection; with `eyes`, also look for eyes by Haar cascade."""
    patch = grey(image[detection.y : detection.y + detection.height, detection.x : detection.x + detection.width])
    small = resize(patch, 96, 96)
    return Quality(
        side=min(detection.width, detection.height),
        sharpness=float(cv2.Laplacian(small, cv2.CV_64F).var()),
        brightness=float(small.mean()),
        eyes=count_eyes(patch) if eyes else None,
        turn=_turn(detection),
    )


def count_eyes(face: np.ndarray) -> int:
    """Eyes in the upper part of a grey face (uint8, 2 dimensions): 0, 1 or 2."""
    height = max(1, round(_EYE_SEARCH * face.shape[0] / face.shape[1]))
    if height > 4 * _EYE_SEARCH:
        return 0
    upper = resize(face, _EYE_SEARCH, height)[: max(1, int(height * 0.62))]
    found = cascade("eye").detectMultiScale(upper, 1.1, 4, minSize=(20, 20), maxSize=(70, 70))
    centres = sorted(x + w / 2 for x, _, w, _ in found)
    apart = bool(centres) and centres[-1] - centres[0] > 0.2 * _EYE_SEARCH
    return 2 if apart else min(len(centres), 1)


def square(image: Image, detection: Detection, *, size: int = 96, margin: float = 0.0) -> Image:
    """A size x size crop: the detection made square around its centre, grown by `margin` of its side all round.

    What lies outside the picture repeats its border.
    """
    side = max(detection.width, detection.height) * (1 + 2 * margin)
    left = detection.x + detection.width / 2 - side / 2
    top = detection.y + detection.height / 2 - side / 2
    return resize(_cut(image, round(left), round(top), max(1, round(side))), size, size)


def five_points(image: Image, detection: Detection, *, size: int = 150) -> Image:
    """A size x size chip turned, scaled and shifted so that the five landmarks lie where the network learnt them.

    Least-squares similarity (Umeyama 1991). Without landmarks, or where they fit badly, a square crop
    with the chip's usual margin serves instead.
    """
    matrix = _similarity(detection, size) if plausible(detection) else None
    if matrix is None:
        return square(image, detection, size=size, margin=0.15)
    return warp(image, matrix, size, size)


def stretched(image: Image, detection: Detection, *, size: int = 128) -> Image:
    """The detection itself scaled to size x size, whatever its shape."""
    patch = image[detection.y : detection.y + detection.height, detection.x : detection.x + detection.width]
    return resize(patch, size, size)


def surroundings(
    image: Image, detection: Detection, *, size: int = 224, sides: float = 0.4, above: float = 0.1, below: float = 0.15
) -> Image:
    """The detection with what is around it, scaled to size x size: a person's bag, bicycle or helmet.

    sides: how much of its width is added left and right; above, below: how much of its height. What would
    lie outside the picture is left out.
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
    apart = np.linalg.norm(left_eye - right_eye) + np.linalg.norm(left_mouth - right_mouth) > 0.12 * side
    tall = np.linalg.norm(mouth - eyes) > 0.15 * side
    inside = bool((np.abs(points - centre) < side).all())
    nose_between = 0 < (nose - eyes) @ (mouth - eyes) / max((mouth - eyes) @ (mouth - eyes), 1e-9) < 1.2
    return bool(apart and tall and inside and nose_between)


def _similarity(detection: Detection, size: int) -> np.ndarray | None:
    source = np.array(detection.landmarks, np.float64)
    target = _CHIP_150 * (size / 150)
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
        patch = cv2.copyMakeBorder(patch, before_y, after_y, before_x, after_x, cv2.BORDER_REPLICATE)
    return patch
