"""YuNet, a small convolutional face detector, run by onnxruntime: its input, and what its outputs
mean.

What is done with the faces, and at what size a picture is searched, is detectors.py's.
"""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from data_cleaning.imaging.image import Image
from data_cleaning.onnx_inference import run

_STRIDES = (8, 16, 32)  # pixels between the places that each of the network's three grids looks at
_OVERLAP = 0.3  # of two faces that share more than this of their union, the weaker is the same face


def faces(image: Image, model: Path, threshold: float) -> NDArray[np.float32]:
    """Faces in an image, float32 of shape (n, 15): x, y, width, height, five landmarks (x, y),
    score.

    All in pixels of the image, which is searched at its own size. model: the network's file, with a
    height and a width that are free (multiples of 32). threshold: least score, 0 to 1. The boxes
    may reach outside the image.

    Source: Wu, Peng, Yu, "YuNet: a tiny millisecond-level face detector", 2023. Answers as OpenCV's
    FaceDetectorYN does, in a third of its time.
    """
    planes = _planes(image)
    width = planes.shape[3]
    outputs = run(model, planes)
    found = np.concatenate(
        [
            _of_grid(
                [outputs[kind * len(_STRIDES) + grid][0] for kind in range(4)],
                stride,
                width // stride,
                threshold,
            )
            for grid, stride in enumerate(_STRIDES)
        ]
    )
    boxes = found[:, :4].astype(int)
    kept = cv2.dnn.NMSBoxes(boxes.tolist(), found[:, 14].tolist(), threshold, _OVERLAP)
    rows: NDArray[np.float32] = found[np.asarray(kept, dtype=int)]
    return rows


def _planes(image: Image) -> NDArray[np.float32]:
    """The image as the network takes it: shape (1, 3, height, width), 0 to 255, filled up with
    black on the right and below.
    """
    height, width = image.shape[:2]
    high, wide = (side + -side % _STRIDES[-1] for side in (height, width))
    planes = np.empty((1, 3, high, wide), np.float32)
    planes[0, :, height:] = planes[0, :, :, width:] = 0
    for plane, channel in zip(planes[0], cv2.split(image), strict=True):
        plane[:height, :width] = channel
    return planes


def _of_grid(
    parts: list[NDArray[np.float32]], stride: int, across: int, threshold: float
) -> NDArray[np.float32]:
    """Faces of one grid, as `faces` gives them. parts: class, objectness, box and landmarks of each
    place.
    """
    likely, there, box, points = parts
    scores = np.sqrt(np.clip(likely[:, 0], 0, 1) * np.clip(there[:, 0], 0, 1))
    places = np.flatnonzero(scores >= threshold)
    corners = np.stack([places % across, places // across], axis=1).astype(np.float32)
    centres = (corners + box[places, :2]) * stride
    sizes = np.exp(box[places, 2:]) * stride
    landmarks = (points[places].reshape(-1, 5, 2) + corners[:, None]) * stride
    rows = [centres - sizes / 2, sizes, landmarks.reshape(-1, 10), scores[places, None]]
    return np.concatenate(rows, axis=1, dtype=np.float32)
