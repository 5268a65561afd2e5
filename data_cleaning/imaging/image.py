"""The type of every picture in the project. No function lives here."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Image = NDArray[np.uint8]
"""uint8, shape (height, width, 3), blue-green-red, upright: the EXIF orientation is applied."""
