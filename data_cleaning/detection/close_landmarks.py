"""Landmarks of a doubtful face, found again from close by and turned upright.

Where a face is turned away, leans or is half hidden, YuNet places its landmarks some pixels off,
each time elsewhere. The mean of several looks lies nearer. No face is added or taken away.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from data_cleaning.detection import yunet
from data_cleaning.detection.detection import Detection
from data_cleaning.imaging.image import Image
from data_cleaning.imaging.resizing import warp

_SURE = 0.9  # a face of this score is not looked at again
_LEAST = 20  # pixels a side: `face-modern` names no smaller face, and a crowd is full of them
_FACE = 64  # pixels a side that it has then: YuNet learnt from faces of about that size
_SIDE = 2 * _FACE  # pixels a side of what is searched: the face and what is around it
_SCORE = 0.3  # the least of a face that is known to be there
_OFF = 0.4  # how far from the middle it may be found, in faces


def close_landmarks(image: Image, faces: Sequence[Detection], model: Path) -> list[Detection]:
    """The same faces; the landmarks of the doubtful are the mean of up to three looks: the first,
    and two from close by, of which one is turned so that the mouth lies below the eyes.

    model: YuNet's file. Boxes and scores stay as they are, and so do the
    landmarks of faces of fewer than 20 pixels a side.
    """
    return [_looked_at(image, face, model) if _doubtful(face) else face for face in faces]


def _doubtful(face: Detection) -> bool:
    large = min(face.width, face.height) >= _LEAST
    return large and face.score < _SURE and face.landmarks is not None


def _looked_at(image: Image, face: Detection, model: Path) -> Detection:
    first = np.array(face.landmarks, np.float64)
    again = [_search(image, face, angle, model) for angle in (0.0, _lean(first))]
    points = np.mean([first, *(seen for seen in again if seen is not None)], axis=0)
    return replace(face, landmarks=tuple((float(x), float(y)) for x, y in points))


def _lean(points: NDArray[np.float64]) -> float:
    """Degrees, anticlockwise, that bring the mouth below the eyes. points: landmarks, (5, 2)."""
    right, down = points[3:].mean(axis=0) - points[:2].mean(axis=0)
    return -float(np.degrees(np.arctan2(right, down)))


def _search(image: Image, face: Detection, angle: float, model: Path) -> NDArray[np.float64] | None:
    """Landmarks, shape (5, 2), of the best face near the middle of a square around a face; None
    where there is none. angle: degrees, anticlockwise, that the square is turned by.
    """
    centre = (face.x + face.width / 2, face.y + face.height / 2)
    scale = _FACE / max(face.width, face.height)
    there = np.array(cv2.getRotationMatrix2D(centre, angle, scale), np.float64)
    there[:, 2] += _SIDE / 2 - np.array(centre, np.float64)
    rows = yunet.faces(warp(image, there, _SIDE, _SIDE), model, _SCORE)
    apart = np.linalg.norm(rows[:, :2] + rows[:, 2:4] / 2 - _SIDE / 2, axis=1)
    near = rows[np.isfinite(rows).all(axis=1) & (apart <= _OFF * _FACE)]
    if not len(near):
        return None
    back = cv2.invertAffineTransform(there)
    points = near[near[:, 14].argmax(), 4:14].reshape(5, 2).astype(np.float64)
    landmarks: NDArray[np.float64] = points @ back[:, :2].T + back[:, 2]
    return landmarks
