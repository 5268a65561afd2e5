"""How much the edges of two pictures differ: the Jaccard distance of their difference hashes.

Of the edges that either of two has, the part that only one has (P. Jaccard, 1912): 0 is the same, 1
nothing in common. Two pictures without an edge have distance 0: nothing tells them apart.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def pairwise(first: NDArray[np.uint8], second: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Distance of each pair of hashes, shape (n,). first, second: uint8, shape (n, 128), or (128,)
    for the same one in every pair.
    """
    shared = np.bitwise_count(first & second).sum(axis=-1, dtype=np.float32)
    either = np.bitwise_count(first | second).sum(axis=-1, dtype=np.float32)
    return _distance(shared, either)


def each_to_each(first: NDArray[np.float32], second: NDArray[np.float32]) -> NDArray[np.float32]:
    """Distance of each of the first to each of the second, shape (n, m): float32, as `edges` gives
    them.
    """
    shared = first @ second.T
    either = first.sum(axis=1)[:, None] + second.sum(axis=1) - shared
    return _distance(shared, either)


def edges(hashes: NDArray[np.uint8]) -> NDArray[np.float32]:
    """The bits of hashes as numbers that can be multiplied, shape (n, 1024)."""
    return np.unpackbits(hashes, axis=1).astype(np.float32)


def _distance(shared: NDArray[np.float32], either: NDArray[np.float32]) -> NDArray[np.float32]:
    distance: NDArray[np.float32] = np.subtract(1, shared / np.maximum(either, 1), dtype=np.float32)
    distance[either == 0] = 0
    return distance
