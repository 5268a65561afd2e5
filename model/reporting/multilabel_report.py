"""The report of a model whose pictures may carry several classes, as plain data: the counterpart of
`report`.

Gathers numbers that others computed; draws nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from model.evaluation.multilabel_metrics import (
    MultilabelOutcome,
    carried,
    precision_recall,
    reliability_many,
)
from model.reporting.advice import advice_many
from model.reporting.report import (
    FORMAT,
    MISTAKES,
    Material,
    near_copy_groups,
    relative,
    relative_figures,
    stage_medians,
    thumbnail,
)
from model.training.multilabel import Truths
from model.training.samples import Sample


def by_sets(some: Sequence[Sample], truths: Truths) -> list[Sample]:
    """The samples, each labelled with all classes that its picture carries."""
    return [
        replace(one, label=" + ".join(sorted(truths[one.sha256])) or "none of them") for one in some
    ]


def build_many(material: Material[MultilabelOutcome]) -> dict[str, Any]:
    """The whole report but its small pictures, JSON-able.

    The material's samples should be labelled by `by_sets`.
    """
    figures, labels = material.figures, carried(material.outcomes)
    report = {
        "format": FORMAT,
        "kind": material.kind,
        "multi_label": True,
        "name": material.name,
        "recipe": material.recipe.to_json(),
        "facts": material.facts,
        "figures": relative_figures(figures, material.root),
        "thresholds": _thresholds(material),
        "curves": {label: precision_recall(material.outcomes, label) for label in labels},
        "same_pictures": same_pictures(material.outcomes),
        "reliability": reliability_many(material.outcomes),
        "mistakes": [_mistake(one, material.root) for one in worst_many(material.outcomes)],
        "near_copies": near_copy_groups(material),
        "seconds": stage_medians([v.seconds for v in material.outcomes]),
        "private": material.private,
    }
    report["advice"] = advice_many(report)
    return report


def _thresholds(material: Material[MultilabelOutcome]) -> dict[str, float]:
    """Of the model that was saved, else the mean over those that answered."""
    if material.training:
        model = material.training.recogniser
        return dict(zip(model.labels, model.thresholds, strict=True))
    rows = material.figures["per_class"].items()
    return {label: row["threshold"] for label, row in rows if row["threshold"] is not None}


def same_pictures(verdicts: Sequence[MultilabelOutcome]) -> list[list[str]]:
    """Groups of classes that are carried by exactly the same pictures."""
    groups: dict[tuple[int, ...], list[str]] = {}
    for label in carried(verdicts):
        pictures = tuple(number for number, v in enumerate(verdicts) if label in v.truth)
        groups.setdefault(pictures, []).append(label)
    return [labels for labels in groups.values() if len(labels) > 1]


def worst_many(verdicts: Sequence[MultilabelOutcome]) -> list[MultilabelOutcome]:
    """The mistakes to look at first: those with a probability furthest from the truth; then nothing
    found.
    """
    wrong = [v for v in verdicts if not v.right]
    return sorted(wrong, key=lambda v: (v.named is None, -_error(v)))[:MISTAKES]


def _error(one: MultilabelOutcome) -> float:
    """Of the classes that were added or missed, the largest distance between its probability and
    the truth.
    """
    added, missed = one.given - one.truth, one.truth - one.given
    return max([one.score(label) for label in added] + [1 - one.score(label) for label in missed])


def _mistake(one: MultilabelOutcome, root: Path) -> dict[str, Any]:
    return {
        "picture": relative(one.path, root),
        "truth": sorted(one.truth),
        "answer": list(one.named.labels) if one.named else [],
        "added": {label: one.score(label) for label in sorted(one.given - one.truth)},
        "missed": {label: one.score(label) for label in sorted(one.truth - one.given)},
        "reason": one.named.reason if one.named else "nothing_found",
    }


def thumbnails_many(material: Material[MultilabelOutcome]) -> list[dict[str, Any] | None]:
    """For each of the worst mistakes a small picture, as of `report.thumbnails`; nothing where it
    is private.
    """
    if material.private:
        return []
    regions = {s.path: s.regions for s in material.samples}
    return [thumbnail(v.path, regions.get(v.path, ()), 0) for v in worst_many(material.outcomes)]
