"""A data set as one file of numpy arrays, for programs that want nothing else."""

from __future__ import annotations

import io
from collections.abc import Iterable
from pathlib import Path

import numpy as np

from data_cleaning.datasets.dataset import Dataset, Item
from data_cleaning.errors import DatasetError, PictureError
from data_cleaning.files import write
from data_cleaning.imaging.decoding import read
from data_cleaning.imaging.image import Image
from data_cleaning.imaging.resizing import resize
from data_cleaning.progress import ProgressCallback

MOST_BYTES = 2 * 1024**3  # of all pictures together, unpacked


def write_npz(data: Dataset, path: Path, side: int, progress: ProgressCallback) -> list[str]:
    """Write every picture that training would see; the files that could not be read.

    side: pixels. The arrays: `images` (n, side, side, 3) uint8, RGB, the square in the middle of
    each picture; `labels` (n,) int64, an index into `classes` (k,); `files` and `sha256` (n,).
    Raises DatasetError where they would be too much for memory.
    """
    items = data.items()
    size = len(items) * side * side * 3
    if size > MOST_BYTES:
        raise DatasetError(
            f"{len(items):,} pictures of {side} x {side} pixels are {size:,} bytes; at most"
            f" {MOST_BYTES:,} go into one file. Choose a smaller --size."
        )
    images = np.zeros((len(items), side, side, 3), np.uint8)
    good: list[Item] = []
    bad: list[str] = []
    for number, item in enumerate(items, 1):
        try:
            images[len(good)] = _square(read(item.path), side)[..., ::-1]
            good.append(item)
        except (PictureError, OSError):
            bad.append(item.path.relative_to(data.root).as_posix())
        progress(number, len(items))
    classes = sorted({item.label for item in good})
    files = [item.path.relative_to(data.root).as_posix() for item in good]
    out = io.BytesIO()
    np.savez_compressed(
        out,
        images=images[: len(good)],
        labels=np.array([classes.index(item.label) for item in good], np.int64),
        classes=_text(classes),
        files=_text(files),
        sha256=_text(item.sha256 for item in good),
    )
    write(path, out.getvalue())
    return bad


def _square(image: Image, side: int) -> Image:
    height, width = image.shape[:2]
    short = min(height, width)
    top, left = (height - short) // 2, (width - short) // 2
    return resize(image[top : top + short, left : left + short], side, side)


def _text(words: Iterable[str]) -> np.ndarray[tuple[int], np.dtype[np.str_]]:
    """Text of a fixed length: arrays of objects would be loaded by unpickling."""
    return np.array(list(words), np.str_)
