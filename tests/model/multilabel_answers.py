"""Outcomes of pictures with several classes, written by hand. Nothing here is a test."""

from __future__ import annotations

from pathlib import Path

from model.evaluation.multilabel_metrics import (
    MultilabelOutcome,
)
from model.recognition.naming.recogniser import RegionAnswer


def answered(truth: str, *labels: str, path: str = "x", **scores: float) -> MultilabelOutcome:
    """truth: a letter a class; without scores nothing was found. Every class needs .5."""
    named = (
        RegionAnswer(labels[0] if labels else None, "a", scores, 0.0, 0.0, "known", labels)
        if scores
        else None
    )
    return MultilabelOutcome(
        Path("/data") / path, frozenset(truth), named, {"decode": 1.0}, {"a": 0.5, "b": 0.5}
    )
