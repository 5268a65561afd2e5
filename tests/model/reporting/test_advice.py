"""The advice of a report follows from its numbers."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest

from model.reporting.advice import advice
from tests.model.reporting.report_page import GOOD, as_report


def plain(**change: Any) -> dict[str, Any]:
    """A report that gives no cause for advice, but for what is changed."""
    rows = {
        c: {"pictures": 50, "correct": 48, "recall": 0.96, "precision": 0.96, "f1": 0.96}
        for c in ("ann", "bob", "cy")
    }
    report: dict[str, Any] = {
        "recipe": {"name": "face-modern"},
        "facts": {"acceptance": {"fpir": 0.01, "target_fpir": 0.01}},
        "near_copies": {"across_classes": []},
        "not_found": {"ann": 0, "bob": 1, "cy": 0},
        "figures": {
            "unreadable": [],
            "per_class": rows,
            "pictures": 150,
            "ece": 0.03,
            "accuracy_interval": [0.92, 0.98],
            "confusion": {
                "truths": [*rows],
                "labels": [*rows, "(none)"],
                "matrix": np.eye(3, 4, dtype=int).tolist(),
            },
        },
    }
    for key, value in change.items():
        place = report["figures"] if key in report["figures"] else report
        place[key] = value
    return report


FEW = {"pictures": 6, "correct": 6, "recall": 1.0, "precision": 1.0, "f1": 1.0}
WEAK = {"pictures": 50, "correct": 30, "recall": 0.6, "precision": 0.9, "f1": 0.7}
CONFUSED = {
    "truths": ["ann", "bob"],
    "labels": ["ann", "bob", "(none)"],
    "matrix": [[40, 9, 1], [1, 48, 1]],
}


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({}, None),
        ({"unreadable": [{"path": "a", "error": "b"}]}, "1 file could not be read"),
        ({"per_class": {"ann": GOOD, "bob": FEW, "cy": GOOD}}, r"Few pictures of bob \(6\)"),
        ({"per_class": {"ann": GOOD, "bob": WEAK, "cy": GOOD}}, "bob is right in 60%"),
        (
            {"not_found": {"ann": 1, "bob": 12, "cy": 1}},
            "In 24% of the pictures of bob nothing was found, against 2%",
        ),
        (
            {"not_found": {"ann": 12, "bob": 12, "cy": 12}, "recipe": {"name": "face-classic"}},
            "face-modern finds more",
        ),
        ({"not_found": {"ann": 12, "bob": 12, "cy": 12}}, None),
        ({"confusion": CONFUSED}, "ann is taken for bob in 9 of 50"),
        ({"facts": {"acceptance": {"fpir": 0.05, "target_fpir": 0.01}}}, "5.0% were named"),
        (
            {"facts": {"acceptance": {"fpir": None, "target_fpir": 0.01}}},
            "Strangers are not refused",
        ),
        ({"near_copies": {"across_classes": [["ann/1", "bob/2"]]}}, "ann/1, bob/2"),
        ({"ece": 0.2}, "off by 20 points"),
        ({"accuracy_interval": [0.4, 0.8]}, "between 40% and 80%"),
    ],
)
def test_advice_follows_from_the_numbers(change: dict[str, Any], words: str | None) -> None:
    sentences = advice(as_report(plain(**change)))
    assert len(sentences) == (words is not None)
    if words:
        assert re.search(words, sentences[0])
