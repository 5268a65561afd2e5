"""What is seen in the pictures of a data set: looked at once, kept beside them, remembered here.

Pixels are not touched here: model/recognition/inspection looks, in the pool.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

from data_cleaning.datasets.dataset import Item
from data_cleaning.datasets.inspection_cache import InspectionCache
from data_cleaning.files import sha256_or_empty
from model.recipes.recipe import Recipe
from model.recognition.inspection.inspect_picture import Inspection, inspect_picture

REMEMBERED = 4096  # inspections that a process holds, a few kilobytes each
_Key = tuple[str, str, str]


class _Memory:
    """The inspections that were asked for last."""

    def __init__(self) -> None:
        self._held: OrderedDict[_Key, Inspection] = OrderedDict()
        self._guard = threading.Lock()

    def get(self, key: _Key) -> Inspection | None:
        with self._guard:
            if key in self._held:
                self._held.move_to_end(key)
            return self._held.get(key)

    def put(self, key: _Key, found: Inspection) -> None:
        with self._guard:
            self._held[key] = found
            while len(self._held) > REMEMBERED:
                self._held.popitem(last=False)

    def forget(self, root: Path) -> None:
        with self._guard:
            for key in [key for key in self._held if key[0] == str(root)]:
                del self._held[key]


_memory = _Memory()


@dataclass(frozen=True)
class Inspector:
    """root: of the data set. recipe: by which pictures are looked at."""

    root: Path
    recipe: Recipe

    def known(self, item: Item) -> Inspection | None:
        """What was seen in a picture, or None where nobody has looked yet."""
        key = self._key(item)
        found = _memory.get(key)
        if found is None:
            kept = InspectionCache(self.root, self.recipe.name).get(item.sha256)
            if kept is None:
                return None
            try:
                found = Inspection.from_json(item, kept)
            except (KeyError, TypeError, ValueError):  # of another version
                return None
            _memory.put(key, found)
        return replace(found, picture=replace(found.picture, item=item))

    def look(self, item: Item) -> Inspection:
        """Look now, and keep what is seen. Raises WeightsMissing, WeightsBroken."""
        return self.known(item) or self.keep(inspect_picture(item, self.recipe))

    def keep(self, found: Inspection) -> Inspection:
        item = found.picture.item
        InspectionCache(self.root, self.recipe.name).put(item.sha256, found.to_json())
        _memory.put(self._key(item), found)
        return found

    def _key(self, item: Item) -> _Key:
        return str(self.root), item.sha256, self.recipe.name


def forget_remembered(root: Path) -> None:
    """Of one data set, in this process."""
    _memory.forget(root)


def digest_of(path: Path) -> str:
    """sha256 of a file, read anew only where its size or its time is another one; "" where it
    cannot be read.
    """
    try:
        found = path.stat()
    except OSError:
        return ""
    return _digest(str(path), found.st_size, found.st_mtime_ns)


@lru_cache(maxsize=1 << 16)
def _digest(path: str, size: int, changed: int) -> str:
    return sha256_or_empty(Path(path))
