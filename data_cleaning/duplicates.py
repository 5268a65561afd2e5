"""Exact and near-duplicate pictures, as groups. Nothing is ever deleted here.

Near copies must lie on one side of every split, or an evaluation only measures memory.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

from data_cleaning.images import Image, grey, resize

HASH_SIDE = 16  # 16 x 16 = 256 bits
NEAR = 26  # bits of 256 that may differ; see docs/adr/0003
_BLOCK = 512


def difference_hash(image: Image) -> NDArray[np.uint8]:
    """256 bits (uint8, shape (32,)): is each cell of a 17 x 16 grey miniature darker than its right neighbour?

    Survives scaling, recompression and light changes; not cropping or turning. After N. Krawetz, "dHash", 2013.
    """
    small = resize(grey(image), HASH_SIDE + 1, HASH_SIDE).astype(np.int16)
    return np.packbits(small[:, 1:] > small[:, :-1])


def near_pairs(hashes: NDArray[np.uint8], bits: int = NEAR) -> list[tuple[int, int, int]]:
    """All (first, second, distance) with at most `bits` different bits; hashes: uint8, shape (n, 32)."""
    pairs: list[tuple[int, int, int]] = []
    for start in range(0, len(hashes), _BLOCK):
        block = hashes[start : start + _BLOCK]
        distance = np.bitwise_count(block[:, None, :] ^ hashes[None, start:, :]).sum(axis=2, dtype=np.int32)
        rows, columns = np.nonzero(distance <= bits)
        pairs += [
            (start + int(r), start + int(c), int(distance[r, c])) for r, c in zip(rows, columns, strict=True) if c > r
        ]
    return pairs


def groups(
    hashes: Sequence[NDArray[np.uint8]], bits: int = NEAR, names: Sequence[str | None] = ()
) -> NDArray[np.int64]:
    """A group number for each picture, shape (n,): pictures linked by a chain of near pairs share one.

    names: for each picture the group that a person named, or None; pictures of one name are linked too.
    """
    count = len(hashes)
    if count == 0:
        return np.zeros(0, np.int64)
    pairs = near_pairs(np.stack(hashes), bits)
    links = [(first, second) for first, second, _ in pairs] + _same_name(names)
    first, second = [link[0] for link in links], [link[1] for link in links]
    graph = coo_matrix((np.ones(len(links)), (first, second)), shape=(count, count))
    return connected_components(graph, directed=False)[1].astype(np.int64)


def _same_name(names: Sequence[str | None]) -> list[tuple[int, int]]:
    """(first of a name, another of it) for every picture that is not the first of its name."""
    first: dict[str, int] = {}
    return [(first.setdefault(name, i), i) for i, name in enumerate(names) if name]
