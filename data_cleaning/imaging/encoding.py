"""An image to file bytes, and a picture file to fresh ones.

Nothing of the old file is carried over: no metadata, nothing hidden behind the pixels.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import cv2

from data_cleaning.imaging.decoding import decode
from data_cleaning.imaging.image import Image
from data_cleaning.imaging.limits import DEFAULT_LIMITS, Limits
from data_cleaning.imaging.resizing import shrink


def encode(image: Image, suffix: str = ".png", quality: int = 90) -> bytes:
    """Image to file bytes: `.png`, or `.jpg` with `quality` from 1 to 100. Carries no metadata."""
    options = [cv2.IMWRITE_JPEG_QUALITY, quality] if suffix == ".jpg" else []
    ok, data = cv2.imencode(suffix, image, options)
    if not ok:
        raise ValueError(f"cannot encode an image of shape {image.shape} as {suffix}")
    return data.tobytes()


def reencode(data: bytes, longest: int | None = None, limits: Limits = DEFAULT_LIMITS) -> bytes:
    """The same picture as a fresh JPEG of at most `longest` pixels a side: no metadata, nothing
    hidden behind it.
    """
    image = decode(data, limits)
    if longest is not None:
        image, _ = shrink(image, longest)
    return encode(image, ".jpg")


@dataclass(frozen=True)
class Part:
    """Where a part lies in a picture: left, top, width and height as shares of its width and
    height, 0 to 1.
    """

    left: float
    top: float
    width: float
    height: float


def excerpts(
    data: bytes, part: Part, margins: Sequence[float], longest: int, limits: Limits = DEFAULT_LIMITS
) -> Iterator[tuple[bytes, Part]]:
    """For each margin: the part with so much around it, as a fresh JPEG, and where the part lies in
    that.

    margins: shares of the part's longer side in pixels, added on every side as far as the picture
    goes. longest: pixels of an excerpt's longer side. Raises as `decode` does.
    """
    image = decode(data, limits)
    height, width = image.shape[:2]
    x, y, w, h = part.left * width, part.top * height, part.width * width, part.height * height
    for margin in margins:
        more = margin * max(w, h)
        left, top = max(0, int(x - more)), max(0, int(y - more))
        cut = image[top : max(top + 1, int(y + h + more)), left : max(left + 1, int(x + w + more))]
        tall, wide = cut.shape[:2]
        inside = Part((x - left) / wide, (y - top) / tall, w / wide, h / tall)
        yield encode(shrink(cut, longest)[0], ".jpg"), inside
