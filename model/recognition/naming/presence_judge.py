"""Whether a region that a detector reported shows anybody at all: the detector and the classifier
weighed together.

Works on scores and probabilities alone; model/training/plan.py fits it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

SURE = 0.02  # scores and probabilities count as if they were never nearer than this to 0 or 1


@dataclass(frozen=True)
class PresenceJudge:
    """When a region shows nobody after all: what the detector and the classifier say of it,
    weighed.

    Somebody is there where detector * L(score) + classifier * L(1 - probability of nobody) + offset
    > 0, L being log-odds. Two weights and an offset are all that is fitted: stacking, after
    Wolpert, Neural Networks 1992.
    """

    detector: float
    classifier: float
    offset: float

    def shows_nobody(
        self, scores: NDArray[np.floating], empty: NDArray[np.floating]
    ) -> NDArray[np.bool_]:
        """For each region, whether it shows nobody; arguments as in `evidence`."""
        return evidence(scores, empty) @ [self.detector, self.classifier] + self.offset <= 0


def evidence(scores: NDArray[np.floating], empty: NDArray[np.floating]) -> NDArray[np.float64]:
    """Log-odds of what both say, shape (n, 2).

    scores: the detector's; empty: the classifier's probability of nobody. Shape (n,) each.
    """
    shares = np.clip(np.stack([scores, 1.0 - np.asarray(empty)], axis=1), SURE, 1 - SURE)
    return np.asarray(np.log(shares / (1 - shares)), np.float64)
