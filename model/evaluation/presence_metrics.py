"""Figures of somebody or nobody: how well pictures of people, of others and of nobody are told
apart.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from data_cleaning.datasets.class_names import NOTHING, UNKNOWN
from model.evaluation.figures import PresenceFigures
from model.recognition.predictions import HUMAN, NO_HUMAN


def presence_figures(answers: Sequence[tuple[str, str]]) -> PresenceFigures:
    """Figures over (truth, answer) pairs: truth a folder's name, `_unknown` and `_none` among them;
    answer by `presence.way`.
    """
    words = {UNKNOWN: HUMAN, NOTHING: NO_HUMAN}
    pairs = [(words.get(truth, truth), answer) for truth, answer in answers]
    named = sorted({name for pair in pairs for name in pair} - {HUMAN, NO_HUMAN})
    columns = (*named, HUMAN, NO_HUMAN)
    truths = tuple(name for name in columns if any(truth == name for truth, _ in pairs))
    matrix = tuple(
        tuple(sum(pair == (truth, answer) for pair in pairs) for answer in columns)
        for truth in truths
    )
    recall = {t: row[columns.index(t)] / sum(row) for t, row in zip(truths, matrix, strict=True)}
    return PresenceFigures(
        labels=columns,
        truths=truths,
        matrix=matrix,
        recall=recall,
        balanced_accuracy=sum(recall.values()) / len(recall) if recall else None,
        human_balanced_accuracy=_human_balanced_accuracy(pairs),
    )


def _human_balanced_accuracy(pairs: Sequence[tuple[str, str]]) -> float | None:
    """Of somebody or nobody alone; None where no truth is nobody, or somebody."""
    somebody = [answer != NO_HUMAN for truth, answer in pairs if truth != NO_HUMAN]
    nobody = [answer == NO_HUMAN for truth, answer in pairs if truth == NO_HUMAN]
    if not somebody or not nobody:
        return None
    return float(np.mean(somebody) + np.mean(nobody)) / 2
