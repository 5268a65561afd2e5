"""The report of a model whose pictures may carry several classes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TypeAlias

from model.evaluation.figures import MultilabelEvaluation
from model.evaluation.multilabel_metrics import (
    MultilabelOutcome,
    carried,
    multilabel_reliability,
    precision_recall,
)
from model.reporting.advice import multilabel_advice
from model.reporting.report import (
    MISTAKES,
    MultilabelMistake,
    MultilabelReport,
    ReportMaterial,
    Thumbnail,
)
from model.reporting.report_sections import (
    machine,
    near_copies,
    origin,
    relative,
    relative_figures,
    stage_means,
    thumbnail,
)
from model.reporting.verdict.figures import VerdictBasis, multilabel_figures
from model.reporting.verdict.sentence import verdict

MultilabelMaterial: TypeAlias = ReportMaterial[MultilabelOutcome, MultilabelEvaluation]


def build_multilabel(material: MultilabelMaterial) -> MultilabelReport:
    """The whole report but its small pictures."""
    outcomes = material.outcomes
    basis = VerdictBasis(material.recipe, material.facts)
    report = MultilabelReport(
        kind=material.kind,
        name=material.name,
        recipe=material.recipe,
        facts=material.facts,
        figures=relative_figures(material.figures, material.root),
        thresholds=_thresholds(material),
        curves={label: precision_recall(outcomes, label) for label in carried(outcomes)},
        same_pictures=same_pictures(outcomes),
        reliability=multilabel_reliability(outcomes),
        mistakes=tuple(_mistake(outcome, material.root) for outcome in worst_sets(outcomes)),
        near_copies=near_copies(material),
        seconds=stage_means([o.seconds for o in outcomes]),
        private=material.private,
        machine=machine(),
        origin=origin(material),
        verdict=verdict(multilabel_figures(basis, material.figures)),
    )
    return replace(report, advice=multilabel_advice(report))


def _thresholds(material: MultilabelMaterial) -> dict[str, float]:
    """Of the model that was saved, else the mean over those that answered."""
    if material.training:
        model = material.training.recogniser
        return dict(zip(model.labels, model.thresholds, strict=True))
    rows = material.figures.per_class.items()
    return {label: row.threshold for label, row in rows if row.threshold is not None}


def same_pictures(outcomes: Sequence[MultilabelOutcome]) -> tuple[tuple[str, ...], ...]:
    """Groups of classes that are carried by exactly the same pictures."""
    groups: dict[tuple[int, ...], list[str]] = {}
    for label in carried(outcomes):
        pictures = tuple(number for number, o in enumerate(outcomes) if label in o.truth)
        groups.setdefault(pictures, []).append(label)
    return tuple(tuple(labels) for labels in groups.values() if len(labels) > 1)


def worst_sets(outcomes: Sequence[MultilabelOutcome]) -> list[MultilabelOutcome]:
    """The mistakes to look at first: those with a probability furthest from the truth; then nothing
    found.
    """
    wrong = [o for o in outcomes if not o.right]
    return sorted(wrong, key=lambda o: (o.named is None, -_error(o)))[:MISTAKES]


def _error(outcome: MultilabelOutcome) -> float:
    """Of the classes that were added or missed, the largest distance between its probability and
    the truth.
    """
    added, missed = outcome.given - outcome.truth, outcome.truth - outcome.given
    distances = [outcome.score(label) for label in added]
    return max(distances + [1 - outcome.score(label) for label in missed])


def _mistake(outcome: MultilabelOutcome, root: Path) -> MultilabelMistake:
    added, missed = outcome.given - outcome.truth, outcome.truth - outcome.given
    return MultilabelMistake(
        picture=relative(outcome.path, root),
        truth=tuple(sorted(outcome.truth)),
        answer=outcome.named.labels if outcome.named else (),
        added={label: outcome.score(label) for label in sorted(added)},
        missed={label: outcome.score(label) for label in sorted(missed)},
        reason=outcome.named.reason if outcome.named else "nothing_found",
    )


def multilabel_thumbnails(material: MultilabelMaterial) -> list[Thumbnail | None]:
    """Of each of the worst mistakes; nothing at all where the report is private."""
    if material.private:
        return []
    regions = {s.path: s.regions for s in material.samples}
    return [thumbnail(o.path, regions.get(o.path, ()), 0) for o in worst_sets(material.outcomes)]
