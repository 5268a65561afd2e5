"""Splits of rows for searching, calibrating and judging: a picture's views and its near copies stay
on one side.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from sklearn.model_selection import StratifiedGroupKFold

from model.training.classifiers import SEED, Splits
from model.training.samples import Rows

SEARCH_ROWS = 3000  # more rows than this are thinned before the classifiers are compared


def grouped_splits(numbers: NDArray[np.int64], groups: NDArray[np.int64], folds: int) -> Splits:
    """Stratified folds with each group on one side; fewer folds where a class has fewer groups, at
    least 2.
    """
    smallest = min(len(set(groups[numbers == n].tolist())) for n in set(numbers.tolist()))
    splitter = StratifiedGroupKFold(max(2, min(folds, smallest)), shuffle=True, random_state=SEED)
    return list(splitter.split(np.zeros(len(numbers)), numbers, groups))


def searched(rows: Rows, numbers: NDArray[np.int64]) -> NDArray[np.int64]:
    """Row numbers, rising, that the classifiers are compared on: all, or of each class an equal
    part of its groups.

    The comparison fits some forty models and a support vector machine's time grows with the square
    of the rows; which classifier and which parameters are best shows on SEARCH_ROWS of them
    already.
    """
    share = SEARCH_ROWS / len(numbers)
    if share >= 1:
        return np.arange(len(numbers))
    chance = np.random.default_rng(SEED)
    kept: list[NDArray[np.int64]] = []
    for number in sorted(set(numbers.tolist())):
        groups = np.unique(rows.groups[numbers == number])
        some = chance.permutation(groups)[: max(10, round(share * len(groups)))]
        kept.append(np.flatnonzero((numbers == number) & np.isin(rows.groups, some)))
    return np.sort(np.concatenate(kept))


def unaltered(splits: Splits, altered: NDArray[np.bool_]) -> Splits:
    """The same splits with altered crops left out of what is measured on."""
    return [(learn, test[~altered[test]]) for learn, test in splits]
