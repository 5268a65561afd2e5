"""Which picture of a class a new one is nearly the same as. Nothing is stored or left out here."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from data_cleaning.errors import PictureError
from data_cleaning.imaging.decoding import read
from data_cleaning.imaging.near_duplicates import HASH_BYTES, difference_hash, nearest


class KnownLooks:
    """The difference hashes of a class's pictures.

    files: {sha256: file} of the pictures there. looks: {sha256: hash} of those that are known; the
    others are looked at when the first new picture comes.
    """

    def __init__(self, files: Mapping[str, Path], looks: Mapping[str, NDArray[np.uint8]]) -> None:
        self._files, self._looks = files, looks
        self._digests: list[str] = []
        self._hashes = np.zeros((0, HASH_BYTES), np.uint8)
        self._ready = False

    def near(self, look: NDArray[np.uint8]) -> str:
        """The sha256 of the picture that one with this hash is a near copy of, or ""."""
        self._prepare()
        at = nearest(self._hashes[: len(self._digests)], look)
        return "" if at is None else self._digests[at]

    def add(self, digest: str, look: NDArray[np.uint8]) -> None:
        """One more picture of the class."""
        if len(self._digests) == len(self._hashes):  # twice the room, so that adding stays cheap
            more = np.zeros((max(64, len(self._hashes)), HASH_BYTES), np.uint8)
            self._hashes = np.concatenate([self._hashes, more])
        self._hashes[len(self._digests)] = look
        self._digests.append(digest)

    def _prepare(self) -> None:
        if self._ready:
            return
        self._ready = True
        for digest, path in self._files.items():
            look = self._looks.get(digest)
            if look is None:
                try:
                    look = difference_hash(read(path))
                except (PictureError, OSError):
                    continue  # `likeness clean` says so
            self.add(digest, look)
