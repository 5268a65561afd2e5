"""Near copies among many pictures: the same groups as where every pair is compared."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from data_cleaning.imaging import near_duplicates
from data_cleaning.imaging.banding import linked
from data_cleaning.imaging.near_duplicates import NEAR, difference_hash, groups
from data_cleaning.imaging.resizing import resize


def noisy_copies(pictures: int, copies: int, noise: float) -> NDArray[np.uint8]:
    """Hashes of smooth random pictures, each so many times with noise."""
    random = np.random.default_rng(pictures)
    found = []
    for _ in range(pictures):
        coarse = random.integers(0, 256, (8, 8, 3), dtype=np.uint8)
        smooth = resize(coarse, 64, 64).astype(np.float64)
        for _ in range(copies):
            copy = smooth + random.normal(0, random.uniform(0, noise), smooth.shape)
            found.append(difference_hash(np.clip(copy, 0, 255).astype(np.uint8)))
    return np.stack(found)


def partition(numbers: NDArray[np.int64]) -> set[frozenset[int]]:
    return {frozenset(np.flatnonzero(numbers == n).tolist()) for n in set(numbers.tolist())}


@pytest.mark.parametrize(
    ("pictures", "copies", "noise"),
    [(60, 8, 12.0), (3, 300, 8.0), (1, 700, 4.0), (200, 2, 30.0), (1, 1, 0.0)],
)
def test_the_groups_are_those_of_every_pair(pictures: int, copies: int, noise: float) -> None:
    hashes = noisy_copies(pictures, copies, noise)
    assert partition(linked(hashes, NEAR)) == partition(groups(list(hashes)))


def test_flat_and_sparse_pictures() -> None:
    few = np.zeros((40, 128), np.uint8)
    few[20:30, 3] = 0b11110000
    few[30:, 9] = np.arange(1, 11)
    assert partition(linked(few, NEAR)) == partition(groups(list(few)))


def test_names_count_among_very_many_too(monkeypatch: pytest.MonkeyPatch) -> None:
    hashes = list(noisy_copies(30, 2, 5.0))
    names = [None] * 57 + ["a", None, "a"]
    exact = groups(hashes, names=names)
    monkeypatch.setattr(near_duplicates, "EVERY_PAIR", 10)
    assert partition(groups(hashes, names=names)) == partition(exact)
