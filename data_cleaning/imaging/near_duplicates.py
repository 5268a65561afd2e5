"""Exact and near-duplicate pictures, as groups. Nothing is ever deleted here.

Near copies must lie on one side of every split, or an evaluation only measures memory.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from data_cleaning.imaging import jaccard
from data_cleaning.imaging.banding import linked
from data_cleaning.imaging.colour import grey
from data_cleaning.imaging.image import Image
from data_cleaning.imaging.resizing import resize

HASH_BYTES = 128
NEAR = 0.25  # part of the edges seen that may differ; see docs/adr/0003
_SIDE = 16  # cells of the miniature, each way
_STEP = 3  # grey levels: a smaller difference of neighbours is no edge, but noise
_BLOCK = 256
EVERY_PAIR = 20_000  # up to so many pictures each pair is compared


def difference_hash(image: Image) -> NDArray[np.uint8]:
    """1024 bits (uint8, shape (128,)): where a 16 x 16 grey miniature gets brighter or darker, to
    the right and down.

    Survives scaling, recompression and light changes; not turning, nor cropping by more than 2 %. A
    flat background sets no bits, so that two different things on white are not alike. After N.
    Krawetz, "dHash", 2013, with both directions and a dead zone of our own.
    """
    light = grey(image)
    across = np.diff(resize(light, _SIDE + 1, _SIDE).astype(np.int16), axis=1)
    down = np.diff(resize(light, _SIDE, _SIDE + 1).astype(np.int16), axis=0)
    edges = [across > _STEP, across < -_STEP, down > _STEP, down < -_STEP]
    return np.packbits(np.concatenate([e.ravel() for e in edges]))


def near_pairs(hashes: NDArray[np.uint8], share: float = NEAR) -> list[tuple[int, int, float]]:
    """All (first, second, Jaccard distance) that differ in at most `share` of the edges that either
    of them has.

    hashes: uint8, shape (n, 128).
    """
    bits = jaccard.edges(hashes)
    pairs: list[tuple[int, int, float]] = []
    for start in range(0, len(bits), _BLOCK):
        distance = jaccard.each_to_each(bits[start : start + _BLOCK], bits[start:])
        rows, columns = np.nonzero(np.triu(distance <= share, 1))
        pairs += [
            (start + int(r), start + int(c), float(distance[r, c]))
            for r, c in zip(rows, columns, strict=True)
        ]
    return pairs


def nearest(hashes: NDArray[np.uint8], one: NDArray[np.uint8], share: float = NEAR) -> int | None:
    """Which of some pictures is most nearly the same as one, or None where none is.

    hashes: uint8, shape (n, 128); one: shape (128,). A picture is near as in `near_pairs`.
    """
    if len(hashes) == 0:
        return None
    distance = jaccard.pairwise(hashes, one)
    best = int(distance.argmin())
    return best if distance[best] <= share else None


def groups(
    hashes: Sequence[NDArray[np.uint8]], share: float = NEAR, names: Sequence[str | None] = ()
) -> NDArray[np.int64]:
    """A group number for each picture, shape (n,): pictures linked by a chain of near pairs share
    one.

    names: for each picture the group that a person named, or None; pictures of one name are linked
    too.
    """
    from scipy.sparse import coo_matrix  # not for who compares two frames
    from scipy.sparse.csgraph import connected_components

    count = len(hashes)
    if count == 0:
        return np.zeros(0, np.int64)
    links = [*_near_links(np.stack(hashes), share), *_same_name(names)]
    first, second = [link[0] for link in links], [link[1] for link in links]
    graph = coo_matrix((np.ones(len(links)), (first, second)), shape=(count, count))
    numbers: NDArray[np.int64] = connected_components(graph, directed=False)[1].astype(np.int64)
    return numbers


def _near_links(hashes: NDArray[np.uint8], share: float) -> list[tuple[int, int]]:
    """Pairs that link all near copies: each of them, or of very many pictures a few that do."""
    if len(hashes) <= EVERY_PAIR:
        return [(first, second) for first, second, _ in near_pairs(hashes, share)]
    numbers = linked(hashes, share)
    _, first = np.unique(numbers, return_index=True)
    leader = dict(zip(numbers[first].tolist(), first.tolist(), strict=True))
    return [(leader[number], i) for i, number in enumerate(numbers.tolist())]


def _same_name(names: Sequence[str | None]) -> list[tuple[int, int]]:
    """(first of a name, another of it) for every picture that is not the first of its name."""
    first: dict[str, int] = {}
    return [(first.setdefault(name, i), i) for i, name in enumerate(names) if name]
