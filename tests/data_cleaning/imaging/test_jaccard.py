"""The distance of difference hashes, by pairs and each to each."""

from __future__ import annotations

import numpy as np

from data_cleaning.imaging import jaccard

FLAT, LEFT, BOTH = (np.full(128, byte, np.uint8) for byte in (0, 0b11110000, 0b11111111))


def test_what_only_one_has_of_what_either_has() -> None:
    first, second = np.stack([LEFT, LEFT, FLAT, FLAT]), np.stack([LEFT, BOTH, BOTH, FLAT])
    assert jaccard.pairwise(first, second).tolist() == [0, 0.5, 1, 0]
    assert jaccard.pairwise(first, LEFT).tolist() == [0, 0, 1, 1]


def test_each_to_each_says_what_pairs_say() -> None:
    hashes = np.random.default_rng(0).integers(0, 256, (30, 128), dtype=np.uint8)
    hashes[:2] = FLAT
    edges = jaccard.edges(hashes)
    each = jaccard.each_to_each(edges[:7], edges)
    assert each.shape == (7, 30)
    for row, distances in zip(hashes, each, strict=False):
        assert distances.tolist() == jaccard.pairwise(hashes, row).tolist()
