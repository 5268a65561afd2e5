"""Undoing what a correction taught a data set."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from data_cleaning.datasets.dataset import Dataset
from data_cleaning.datasets.decisions import Decision
from server.corrections.schemas import Correction
from server.corrections.taught_picture import DECISIONS
from server.datasets.managed_datasets import Datasets

BEFORE = 300.0  # seconds at most between a decision and the row of its correction


def undo_teaching(
    datasets: Datasets, correction: Correction, undo: Mapping[str, Sequence[str]]
) -> None:
    """undo: sha256 of the files that were added, and of those that were decided about."""
    root = datasets.place(correction.dataset)
    if not root.is_dir():
        return
    decided = set(undo.get("decided", ()))
    Dataset(root).withdraw(lambda one: one.sha256 in decided and _is_of(correction, one))
    added = set(undo.get("added", ()))
    for item in datasets.holders(correction.dataset, added) if added else ():
        if item.sha256 in added:
            item.path.unlink(missing_ok=True)
            with contextlib.suppress(OSError):  # not the last one of its class
                item.path.parent.rmdir()


def _is_of(correction: Correction, decision: Decision) -> bool:
    """Whether a decision is this correction's, and no later word."""
    if decision.by != correction.by or decision.action not in (
        DECISIONS[correction.action],
        "also",
    ):
        return False
    if decision.action == "move" and decision.to != correction.label:
        return False
    written = correction.time / 1000
    decided = datetime.fromisoformat(decision.time).astimezone(UTC).timestamp()
    return written - BEFORE <= decided <= written + 1
