"""Another size, place or border for an image: the one resize and the one warp of the project."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2

from data_cleaning.imaging.image import Image

if TYPE_CHECKING:
    from cv2.typing import MatLike


def resize(image: Image, width: int, height: int) -> Image:
    """To exactly width x height pixels: area averaging when it shrinks, bilinear when it grows.

    The one resize of the project: kernels differ by more than a JPEG round trip does. Keeps the
    dtype and the number of channels.
    """
    shrinks = width * height < image.shape[0] * image.shape[1]
    method = cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR
    return cv2.resize(image, (width, height), interpolation=method)  # type: ignore[return-value]


def shrink(image: Image, longest: int) -> tuple[Image, float]:
    """The image with its longer side at most `longest` pixels, and the factor (at most 1) it was
    scaled by.
    """
    height, width = image.shape[:2]
    factor = longest / max(height, width)
    if factor >= 1:
        return image, 1.0
    return resize(image, max(1, round(width * factor)), max(1, round(height * factor))), factor


def warp(image: Image, matrix: MatLike, width: int, height: int) -> Image:
    """An affine warp: `matrix` is 2 x 3 and maps source pixels to the new width x height picture.
    Outside, its border is repeated."""
    return cv2.warpAffine(  # type: ignore[return-value]
        image, matrix, (width, height), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
    )


def padded(image: Image, border: int) -> Image:
    """The image with `border` pixels added on every side, repeating its edge."""
    if border == 0:
        return image
    return cv2.copyMakeBorder(image, border, border, border, border, cv2.BORDER_REPLICATE)  # type: ignore[return-value]
