"""Near copies among very many pictures, in time that grows as the pictures do. Nothing is decoded.

Pictures that are alike fall into the same bucket of at least one of many tables (locality-sensitive
hashing by minima, after A. Broder, "On the resemblance and containment of documents", 1997); within
a bucket they are compared in full. What two buckets have joined already is not compared again, so a
thousand copies of one picture cost no million comparisons.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

# Of a pair that differs in a share d, one table in 1 / (1 - d)^ROWS holds both in one bucket: with
# these numbers .4 % of the pairs at exactly .25 are overlooked, and one in 50,000 of those at .2.
TABLES, ROWS = 96, 10
_FIRST = 32  # edges of a shuffled picture among which its first one is looked for
_SPARSE = 256  # edges: pictures with fewer are looked through in full
_AT_ONCE = 4096  # pictures whose bits are looked at together
_FULL = 512  # members of a bucket that are all compared with each other
_SEED = 1997

Bits = NDArray[np.uint8]
Numbers = NDArray[np.int64]


class Components:
    """Which pictures are linked, by a chain of near pairs: union and find."""

    def __init__(self, count: int) -> None:
        self.parent = np.arange(count)

    def of(self, members: Numbers) -> Numbers:
        """The component of each, shape (n,)."""
        found = self.parent[members]
        while not np.array_equal(found, higher := self.parent[found]):
            found = higher
        self.parent[members] = found
        return found

    def link(self, first: Numbers, second: Numbers) -> None:
        """Join the components of pairs, both of shape (n,)."""
        for a, b in zip(first.tolist(), second.tolist(), strict=True):
            low, high = sorted((self._root(a), self._root(b)))
            self.parent[high] = low

    def _root(self, member: int) -> int:
        while (above := int(self.parent[member])) != member:
            self.parent[member] = self.parent[above]
            member = int(self.parent[member])
        return member


def linked(hashes: NDArray[np.uint8], share: float) -> Numbers:
    """A number for each picture, shape (n,): those linked by a chain of near pairs share one.

    hashes: uint8, shape (n, 128). share: of the edges of two pictures, how many may differ.
    """
    different, place = np.unique(hashes, axis=0, return_inverse=True)
    components = Components(len(different))
    for keys in _tables(different):
        for bucket in _buckets(keys):
            _compare(bucket, different, share, components)
    return components.of(np.arange(len(different)))[place.ravel()]


def _tables(hashes: NDArray[np.uint8]) -> Iterator[NDArray[np.void]]:
    """For each table the bucket of every picture, as something to sort by."""
    random = np.random.default_rng(_SEED)
    edges = hashes.shape[1] * 8
    for _ in range(TABLES):
        orders = np.stack([random.permutation(edges) for _ in range(ROWS)])
        minima = np.empty((len(hashes), ROWS), np.uint16)
        for start in range(0, len(hashes), _AT_ONCE):
            block = slice(start, start + _AT_ONCE)
            minima[block] = _minima(np.unpackbits(hashes[block], axis=1), orders)
        yield minima.view(np.dtype((np.void, minima.dtype.itemsize * ROWS))).ravel()


def _minima(bits: Bits, orders: Numbers) -> NDArray[np.uint16]:
    """Where the first edge of each picture lies in each order, shape (n, ROWS)."""
    found = np.empty((len(bits), len(orders)), np.uint16)
    sparse = bits.sum(axis=1) < _SPARSE
    for column, order in enumerate(orders):
        found[~sparse, column] = _first(bits[~sparse], order[:_FIRST])
        found[sparse, column] = _first(bits[sparse], order)
    return found


def _first(bits: Bits, order: Numbers) -> Numbers:
    """The place of the first edge; the end where there is none."""
    shuffled = bits[:, order]
    place = shuffled.argmax(axis=1)
    return np.where(shuffled[np.arange(len(bits)), place], place, len(order))


def _buckets(keys: NDArray[np.void]) -> Iterator[Numbers]:
    """The members of each bucket that has more than one."""
    order = np.argsort(keys, kind="stable")
    ordered = keys[order]
    ends = np.flatnonzero(ordered[1:] != ordered[:-1]) + 1
    starts, stops = np.append(0, ends), np.append(ends, len(keys))
    several = stops - starts > 1
    for start, stop in zip(starts[several], stops[several], strict=True):
        yield order[start:stop]


def _compare(
    bucket: Numbers, hashes: NDArray[np.uint8], share: float, components: Components
) -> None:
    """Link what is near in a bucket; what is linked already is not compared."""
    if len(bucket) > _FULL:  # most are near the first: then the rest is few
        near = _near(bucket[:1], bucket, hashes, share)[0]
        components.link(np.full(near.sum(), bucket[0]), bucket[near])
    for start in range(0, len(bucket), _FULL):
        some = bucket[start : start + _FULL]
        names, everybody = components.of(some), components.of(bucket)
        common = np.bincount(everybody).argmax()
        apart = some[names != common]
        if len(apart):
            rows, columns = np.nonzero(_near(apart, bucket, hashes, share))
            new = components.of(apart)[rows] != everybody[columns]
            components.link(apart[rows[new]], bucket[columns[new]])


def _near(
    first: Numbers, second: Numbers, hashes: NDArray[np.uint8], share: float
) -> NDArray[np.bool_]:
    """Whether each of the first is near each of the second, shape (n, m)."""
    left, right = _edges(hashes[first]), _edges(hashes[second])
    shared = left @ right.T
    either = left.sum(axis=1)[:, None] + right.sum(axis=1) - shared
    distance = 1 - shared / np.maximum(either, 1)
    distance[either == 0] = 0
    return np.asarray(distance <= share)


def _edges(hashes: NDArray[np.uint8]) -> NDArray[np.float32]:
    return np.unpackbits(hashes, axis=1).astype(np.float32)
