"""Similarity to the classes of a very large gallery, by an index of faiss.

Only the classes that could be the most similar are compared exactly; the others count as not
similar at all. faiss-cpu is an optional library (requirements-faiss.txt).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

FIRST = 64  # examples that are looked up for a row at first
ROUNDING = 0.02  # how far the index's 8-bit numbers may move a cosine


@dataclass(frozen=True)
class NearestIndex:
    """vectors: float32, shape (n, k), ordered by class; owners: int64, shape (n,), rising.

    index: faiss's, over the vectors in 8 bits.
    """

    vectors: NDArray[np.float32]
    owners: NDArray[np.int64]
    index: Any

    @classmethod
    def of(cls, vectors: NDArray[np.float32], owners: NDArray[np.int64]) -> NearestIndex | None:
        """The index of examples in any order; None where faiss is not installed."""
        try:
            import faiss
        except ImportError:
            return None
        order = np.argsort(owners, kind="stable")
        ordered = np.ascontiguousarray(vectors[order])
        index = faiss.IndexScalarQuantizer(
            ordered.shape[1], faiss.ScalarQuantizer.QT_8bit_uniform, faiss.METRIC_INNER_PRODUCT
        )
        index.train(ordered)
        index.add(ordered)
        return cls(ordered, owners[order], index)

    def similarity(
        self, asked: NDArray[np.float32], classes: int, nearest: int
    ) -> NDArray[np.float64]:
        """Mean cosine to the `nearest` best examples of each class, shape (rows, classes).

        The largest of each row is exact; -1 stands for every class that cannot be the largest.
        asked: of length 1, shape (rows, k).
        """
        return np.stack([self._of_row(row, classes, nearest) for row in asked])

    def _of_row(self, row: NDArray[np.float32], classes: int, nearest: int) -> NDArray[np.float64]:
        means = np.full(classes, -1.0)
        wanted = FIRST
        while True:
            wanted = min(wanted, len(self.owners))
            cosines, places = self.index.search(row[None], wanted)
            for owner in np.unique(self.owners[places[0]]):
                if means[owner] == -1.0:
                    means[owner] = self._mean_of(row, int(owner), nearest)
            # Whoever was not looked up has no example nearer than the last that was.
            if wanted == len(self.owners) or cosines[0, -1] + ROUNDING <= means.max():
                return means
            wanted *= 4

    def _mean_of(self, row: NDArray[np.float32], owner: int, nearest: int) -> float:
        start, end = np.searchsorted(self.owners, (owner, owner + 1))
        cosines = np.sort(self.vectors[start:end] @ row)[-nearest:]
        return float(cosines.mean())
