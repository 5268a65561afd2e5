"""An image without its colours, or under other ones."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from data_cleaning.imaging.image import Image


def grey(image: Image) -> NDArray[np.uint8]:
    """One channel, shape (height, width), by the usual weights for red, green and blue."""
    return cv2.cvtColor(image, cv2.COLOR_BGR2GRAY)  # type: ignore[return-value]


def grey_as_colour(image: Image) -> Image:
    """The image without its colours, still with three channels."""
    return cv2.cvtColor(grey(image), cv2.COLOR_GRAY2BGR)  # type: ignore[return-value]


def overlay(image: Image, heat: NDArray[np.floating], strength: float = 0.5) -> Image:
    """The image under a heat map: `heat` from 0 (blue) to 1 (red), any shape, is stretched smoothly
    over it.
    """
    height, width = image.shape[:2]
    smooth = cv2.resize(
        np.asarray(heat, np.float32), (width, height), interpolation=cv2.INTER_CUBIC
    )
    colours = cv2.applyColorMap((np.clip(smooth, 0, 1) * 255).astype(np.uint8), cv2.COLORMAP_TURBO)
    return cv2.addWeighted(grey_as_colour(image), 1 - strength, colours, strength, 0)  # type: ignore[return-value]
