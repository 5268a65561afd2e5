"""Whether a region that a detector reported shows anybody at all: the detector and the classifier
weighed together.

Works on scores and probabilities alone.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression

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

    @classmethod
    def fit(
        cls, scores: NDArray[np.floating], empty: NDArray[np.floating], truth: NDArray[np.bool_]
    ) -> PresenceJudge:
        """scores: the detector's; empty: out-of-fold probability of nobody; truth: was it nobody?

        Shape (n,) each.
        """
        model = LogisticRegression(class_weight="balanced").fit(_evidence(scores, empty), ~truth)
        return cls(float(model.coef_[0, 0]), float(model.coef_[0, 1]), float(model.intercept_[0]))

    def shows_nobody(
        self, scores: NDArray[np.floating], empty: NDArray[np.floating]
    ) -> NDArray[np.bool_]:
        """For each region, whether it shows nobody; arguments as in `fit`."""
        return _evidence(scores, empty) @ [self.detector, self.classifier] + self.offset <= 0


def _evidence(scores: NDArray[np.floating], empty: NDArray[np.floating]) -> NDArray[np.float64]:
    shares = np.clip(np.stack([scores, 1.0 - np.asarray(empty)], axis=1), SURE, 1 - SURE)
    return np.asarray(np.log(shares / (1 - shares)), np.float64)
