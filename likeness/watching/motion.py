"""Whether something moves between two frames."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from data_cleaning.imaging.colour import grey
from data_cleaning.imaging.image import Image
from data_cleaning.imaging.resizing import resize

WIDTH, HEIGHT = 64, 48  # cells that are compared
STEP = 12.0  # grey levels by which a cell has to change, after all have changed alike
SHARE = 0.01  # of the cells
FORGETS = 0.2  # how much of a new frame goes into what is compared with


class Motion:
    """Compares each frame with the ones before it. Light that changes everywhere is no motion."""

    def __init__(self) -> None:
        self._before: NDArray[np.float32] | None = None

    def moved(self, image: Image) -> bool:
        """Whether something has; the first frame counts as motion."""
        cells = resize(grey(image), WIDTH, HEIGHT).astype(np.float32)
        if self._before is None:
            self._before = cells
            return True
        change = cells - self._before
        change -= float(np.median(change))
        self._before += FORGETS * (cells - self._before)
        return float((np.abs(change) > STEP).mean()) > SHARE
