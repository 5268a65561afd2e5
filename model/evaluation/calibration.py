"""Whether stated probabilities can be believed, and how sure a share is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class ReliabilityBin:
    """A filled bin of a reliability diagram: its edges, pictures, mean probability, share right."""

    low: float
    high: float
    pictures: int
    probability: float
    right: float


def reliability_bins(
    stated: Sequence[tuple[float, bool]], bins: int = 10
) -> tuple[ReliabilityBin, ...]:
    """The filled bins, from stated probabilities and whether they were right."""
    diagram = []
    for number in range(bins):
        inside = [(p, right) for p, right in stated if min(int(p * bins), bins - 1) == number]
        if inside:
            diagram.append(
                ReliabilityBin(
                    low=number / bins,
                    high=(number + 1) / bins,
                    pictures=len(inside),
                    probability=sum(p for p, _ in inside) / len(inside),
                    right=sum(right for _, right in inside) / len(inside),
                )
            )
    return tuple(diagram)


def calibration_error(diagram: Sequence[ReliabilityBin]) -> float | None:
    """Mean distance between stated probability and share of right ones, over equal bins, weighted
    by size; None without any.

    Source: Naeini et al., AAAI 2015.
    """
    total = sum(row.pictures for row in diagram)
    if not total:
        return None
    return sum(abs(row.probability - row.right) * row.pictures for row in diagram) / total


def wilson(successes: int, trials: int, z: float = 1.96) -> tuple[float, float] | None:
    """95 % interval of a proportion. Source: Wilson, JASA 1927."""
    if trials == 0:
        return None
    share = successes / trials
    middle = (share + z * z / (2 * trials)) / (1 + z * z / trials)
    half = (
        z
        / (1 + z * z / trials)
        * np.sqrt(share * (1 - share) / trials + z * z / (4 * trials * trials))
    )
    return max(0.0, float(middle - half)), min(1.0, float(middle + half))


def ratio(part: float, whole: float) -> float | None:
    """A share, or None of nothing."""
    return part / whole if whole else None
