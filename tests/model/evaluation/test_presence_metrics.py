"""Figures of the three ways: known, somebody, nobody."""

from __future__ import annotations

import pytest

from data_cleaning.datasets.class_names import NOTHING, UNKNOWN
from model.evaluation.presence_metrics import presence_figures


def test_figures_of_three_ways() -> None:
    answers = [
        ("rider", "rider"),
        ("rider", "Human"),
        (UNKNOWN, "Human"),
        (UNKNOWN, "No Human"),
        (NOTHING, "No Human"),
    ]
    figures = presence_figures(answers)
    assert figures.labels == figures.truths == ("rider", "Human", "No Human")
    assert figures.matrix == ((1, 1, 0), (0, 1, 1), (0, 0, 1))
    assert figures.balanced_accuracy == pytest.approx((0.5 + 0.5 + 1) / 3)
    assert figures.human_balanced_accuracy == pytest.approx((0.75 + 1) / 2)
    assert presence_figures([("rider", "rider")]).human_balanced_accuracy is None
