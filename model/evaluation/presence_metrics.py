"""Figures of somebody or nobody: how well pictures of people, of others and of nobody are told
apart.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from data_cleaning.datasets.dataset import NOTHING, UNKNOWN
from model.recognition.presence import HUMAN, NO_HUMAN


def ways(answers: Sequence[tuple[str, str]]) -> dict[str, Any]:
    """Figures over (truth, said) pairs: truth a folder's name, `_unknown` and `_none` among them;
    said by `way`.

    labels: of columns; truths: of rows; matrix; recall by truth; balanced_accuracy, the mean of
    recalls. human_balanced_accuracy: of somebody or nobody alone, or None where no truth is nobody
    (or somebody).
    """
    pairs = [
        ({UNKNOWN: HUMAN, NOTHING: NO_HUMAN}.get(truth, truth), said) for truth, said in answers
    ]
    named = sorted({name for pair in pairs for name in pair} - {HUMAN, NO_HUMAN})
    columns = [*named, HUMAN, NO_HUMAN]
    truths = [name for name in columns if any(truth == name for truth, _ in pairs)]
    matrix = [
        [sum(pair == (truth, said) for pair in pairs) for said in columns] for truth in truths
    ]
    recall = {t: row[columns.index(t)] / sum(row) for t, row in zip(truths, matrix, strict=True)}
    somebody = [said != NO_HUMAN for truth, said in pairs if truth != NO_HUMAN]
    nobody = [said == NO_HUMAN for truth, said in pairs if truth == NO_HUMAN]
    return {
        "labels": columns,
        "truths": truths,
        "matrix": matrix,
        "recall": recall,
        "balanced_accuracy": sum(recall.values()) / len(recall) if recall else None,
        "human_balanced_accuracy": (
            float(np.mean(somebody) + np.mean(nobody)) / 2 if somebody and nobody else None
        ),
    }
