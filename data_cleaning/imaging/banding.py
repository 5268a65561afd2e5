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

from data_cleaning.imaging import jaccard

# Of a pair that differs in a share d, one table in 1 / (1 - d)^ROWS holds both in one bucket: with
# these numbers .4 % of the pairs at exactly .25 are overlooked, and one in 50,000 of those at .2.
TABLES, ROWS = 96, 10
_DIGITS = 7  # binary ones of a place among the first edges of a shuffled picture
_FIRST = 1 << _DIGITS  # edges: a picture without one among those is looked through in full
_AT_ONCE = 1 << 16  # pictures whose bits are looked at together
_FULL = 512  # members of a bucket that are all compared with each other
_PAIRS = 1 << 14  # pairs that are compared together
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
        order, starts, stops = _buckets(keys, components)
        two = stops - starts == 2
        _compare_pairs(order[starts[two]], order[starts[two] + 1], different, share, components)
        for start, stop in zip(starts[~two], stops[~two], strict=True):
            _compare(order[start:stop], different, share, components)
    return components.of(np.arange(len(different)))[place.ravel()]


def _tables(hashes: NDArray[np.uint8]) -> Iterator[NDArray[np.void]]:
    """For each table the bucket of every picture, as something to sort by."""
    random = np.random.default_rng(_SEED)
    edges = hashes.shape[1] * 8
    blocks = [slice(start, start + _AT_ONCE) for start in range(0, len(hashes), _AT_ONCE)]
    by_edge = [np.packbits(np.unpackbits(hashes[block], axis=1).T, axis=1) for block in blocks]
    for _ in range(TABLES):
        orders = np.stack([random.permutation(edges) for _ in range(ROWS)])
        minima = np.empty((len(hashes), ROWS), np.uint16)
        for block, columns in zip(blocks, by_edge, strict=True):
            for row, order in enumerate(orders):
                minima[block, row] = _minima(hashes[block], columns, order)
        yield minima.view(np.dtype((np.void, minima.dtype.itemsize * ROWS))).ravel()


def _minima(hashes: NDArray[np.uint8], columns: Bits, order: Numbers) -> NDArray[np.uint16]:
    """The place of each picture's first edge in an order, shape (n,); the end where it has none.

    columns: the same bits as hashes, an edge a row and eight pictures a byte. So a step looks at an
    edge of all pictures at once, and the digits of its place are kept in the same way.
    """
    left = np.full(columns.shape[1], 255, np.uint8)
    digits = np.zeros((_DIGITS, columns.shape[1]), np.uint8)
    for place in range(_FIRST):
        found = columns[order[place]] & left
        left ^= found
        for digit in range(_DIGITS):
            if place >> digit & 1:
                digits[digit] |= found
    places = np.unpackbits(digits, axis=1, count=len(hashes)).astype(np.uint16)
    minima = (places << np.arange(_DIGITS, dtype=np.uint16)[:, None]).sum(axis=0, dtype=np.uint16)
    rest = np.flatnonzero(np.unpackbits(left, count=len(hashes)))
    shuffled = np.unpackbits(hashes[rest], axis=1)[:, order]
    minima[rest] = np.where(shuffled.any(axis=1), shuffled.argmax(axis=1), len(order))
    return minima


def _buckets(keys: NDArray[np.void], components: Components) -> tuple[Numbers, Numbers, Numbers]:
    """(order, starts, stops): order[start:stop] are the members of a bucket, for each in which not
    all are linked.
    """
    order = np.argsort(keys, kind="stable")
    ordered = keys[order]
    starts = np.append(0, np.flatnonzero(ordered[1:] != ordered[:-1]) + 1)
    stops = np.append(starts[1:], len(keys))
    linked_to = components.of(order)
    apart = np.minimum.reduceat(linked_to, starts) != np.maximum.reduceat(linked_to, starts)
    return order, starts[apart], stops[apart]


def _compare_pairs(
    first: Numbers,
    second: Numbers,
    hashes: NDArray[np.uint8],
    share: float,
    components: Components,
) -> None:
    """Link what is near of pairs, both of shape (n,)."""
    for start in range(0, len(first), _PAIRS):
        some = slice(start, start + _PAIRS)
        near = jaccard.pairwise(hashes[first[some]], hashes[second[some]]) <= share
        components.link(first[some][near], second[some][near])


def _compare(
    bucket: Numbers, hashes: NDArray[np.uint8], share: float, components: Components
) -> None:
    """Link what is near in a bucket; what is linked already is not compared."""
    if len(bucket) > _FULL:  # most are near the first: then the rest is few
        near = jaccard.pairwise(hashes[bucket[0]], hashes[bucket]) <= share
        components.link(np.full(near.sum(), bucket[0]), bucket[near])
    for start in range(0, len(bucket), _FULL):
        some = bucket[start : start + _FULL]
        names, everybody = components.of(some), components.of(bucket)
        common = np.bincount(everybody).argmax()
        apart = some[names != common]
        if len(apart):
            left, right = jaccard.edges(hashes[apart]), jaccard.edges(hashes[bucket])
            rows, columns = np.nonzero(jaccard.each_to_each(left, right) <= share)
            new = components.of(apart)[rows] != everybody[columns]
            components.link(apart[rows[new]], bucket[columns[new]])
