"""The pictures that a training starts with: what is added or deleted meanwhile is the next one's.

The snapshot lies in the job's folder, and goes when the training ends.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from data_cleaning.datasets.dataset import GROUPS, Dataset
from data_cleaning.datasets.decisions import DECISIONS


@contextmanager
def picture_snapshot(dataset: Path, folder: Path) -> Iterator[Path]:
    """A data set of the same name in `folder`, as it is now; its path. It is gone afterwards."""
    shutil.rmtree(folder, ignore_errors=True)  # of a training that was killed
    try:
        twin = folder / dataset.name
        twin.mkdir(parents=True)
        _copy(Dataset(dataset), twin)
        yield twin
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _copy(dataset: Dataset, twin: Path) -> None:
    """Pictures are never changed in place, so a second name of the file does; what people decided
    is appended to, and copied.
    """
    for name in (DECISIONS, GROUPS):
        if (dataset.root / name).is_file():
            shutil.copy2(dataset.root / name, twin / name)
    for label in dataset.classes():
        (twin / label).mkdir()
    for path, _ in dataset.paths():
        place = twin / path.relative_to(dataset.root)
        place.parent.mkdir(parents=True, exist_ok=True)
        _link(path, place)


def _link(path: Path, place: Path) -> None:
    try:
        if not path.is_symlink():
            os.link(path, place)
            return
    except FileNotFoundError:  # deleted a moment ago
        return
    except OSError:  # another disk, or another owner
        pass
    shutil.copy2(path, place)
