"""Scores of known people and of strangers that a model had not seen, and the rates that follow."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

AS_GOOD = 1.5  # standard errors within which two thresholds do equally well


@dataclass(frozen=True)
class HeldOut:
    """Scores of rows that the model had not seen.

    known: score of the true class's rows for the class they were named; right: was that the true
    one. strangers: the largest score that a stranger reached for the class it was named.
    """

    known: NDArray[np.float64]
    right: NDArray[np.bool_]
    strangers: NDArray[np.float64]

    def fnir(self, threshold: float) -> float:
        """Part of the known that are refused or misnamed at a threshold."""
        return 1.0 - float(np.mean(self.right & (self.known >= threshold)))

    def fpir(self, threshold: float) -> float:
        """Part of the strangers that are given a name."""
        return float(np.mean(self.strangers >= threshold))

    def refusing(self, part: float) -> float:
        """The threshold at which that part of those who would be named rightly is refused."""
        return float(np.quantile(self.known[self.right], part)) if self.right.any() else -1.0

    def even(self) -> tuple[float, float]:
        """(least sum of both rates, threshold): the highest whose sum is as good as the least.

        As good is within one and a half standard errors: a few known ones in doubt are given up
        for strangers unlike all that were seen. Thresholds lie midway between two scores.
        """
        levels = np.unique(np.concatenate([self.known, self.strangers]))
        middles = (levels[1:] + levels[:-1]) / 2 if len(levels) > 1 else levels
        rates = np.array([(self.fnir(float(t)), self.fpir(float(t))) for t in middles])
        sums = rates.sum(axis=1)
        best = int(sums.argmin())
        counts = np.array([len(self.known), len(self.strangers)])
        # no rate is surer than half a picture
        likely = np.maximum(rates[best], 0.5 / counts)
        error = float(np.sqrt((likely * (1 - rates[best]) / counts).sum()))
        as_good = np.flatnonzero(sums <= sums[best] + AS_GOOD * error)
        return float(sums[best]), float(middles[as_good.max()])

    def threshold_at(self, fpir: float) -> float:
        """The least threshold at which no more than `fpir` of the strangers are named."""
        allowed = int(fpir * len(self.strangers))
        falling = np.sort(self.strangers)[::-1]
        return (
            float(np.nextafter(falling[allowed], np.inf))
            if allowed < len(falling)
            else float(falling[-1])
        )
