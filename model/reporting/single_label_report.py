"""The report of a model whose pictures are of one class each."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TypeAlias

from data_cleaning.datasets.class_names import UNKNOWN
from model.evaluation.curves import learning_curve, learning_verdict, score_histograms, tradeoff
from model.evaluation.figures import SingleLabelEvaluation
from model.evaluation.metrics import PictureOutcome, known_ones, reliability
from model.recognition.naming.recogniser import RegionAnswer, class_numbers
from model.recognition.naming.stranger_population import population_of
from model.reporting.advice import advice
from model.reporting.report import (
    MISTAKES,
    DoubtfulPicture,
    LearningCurve,
    Mistake,
    ReportMaterial,
    SingleLabelReport,
    StrangerChart,
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
from model.reporting.similarities import similarities
from model.reporting.verdict.figures import VerdictBasis, single_label_figures
from model.reporting.verdict.sentence import verdict
from model.training.classifiers import NEAREST_EXAMPLES
from model.training.fitted import FittedTraining

Material: TypeAlias = ReportMaterial[PictureOutcome, SingleLabelEvaluation]


def build(material: Material) -> SingleLabelReport:
    """The whole report but its small pictures."""
    known, doubtful = known_ones(material.outcomes), _doubtful(material)
    basis = VerdictBasis(material.recipe, material.facts, len(doubtful), not_found(known))
    report = SingleLabelReport(
        kind=material.kind,
        name=material.name,
        recipe=material.recipe,
        facts=material.facts,
        figures=relative_figures(material.figures, material.root),
        reliability=reliability(known),
        unknown=stranger_chart(material),
        mistakes=tuple(_mistake(outcome, material.root) for outcome in worst(material)),
        near_copies=near_copies(material),
        seconds=stage_means([o.seconds for o in material.outcomes]),
        not_found=not_found(known),
        private=material.private,
        machine=machine(),
        origin=origin(material),
        doubtful=doubtful,
        verdict=verdict(single_label_figures(basis, material.figures)),
        learning=_learning(material.training) if material.training else None,
        similarities=similarities(material.training) if material.training else None,
        trials_count="found" if population_of(material.recipe) is None else "all",
        class_weights=class_weights(material.training) if material.training else None,
    )
    return replace(report, advice=advice(report))


def _doubtful(material: Material) -> tuple[DoubtfulPicture, ...]:
    found = material.training.doubtful if material.training else ()
    return tuple(
        DoubtfulPicture(
            relative(one.path, material.root),
            one.label,
            one.kind,
            one.looks_like,
            round(one.own, 3),
            round(one.other, 3),
        )
        for one in found
    )


def _learning(training: FittedTraining) -> LearningCurve:
    rows = training.rows
    chosen = next(result for result in training.searches if result.name == training.chosen)
    curve = learning_curve(rows, class_numbers(rows.labels)[1], chosen)
    return LearningCurve(tuple(curve), learning_verdict(curve))


def class_weights(training: FittedTraining) -> dict[str, float] | None:
    """How much a crop of each class weighs, so that all classes together weigh alike; None where
    the nearest examples name.
    """
    if training.chosen == NEAREST_EXAMPLES:
        return None
    counts = Counter(training.rows.labels)
    total = len(training.rows.labels) / len(counts)
    return {label: round(total / count, 3) for label, count in sorted(counts.items())}


def stranger_chart(material: Material) -> StrangerChart | None:
    """Over strangers' pictures, else over what training held out."""
    if material.figures.unknown:
        return _measured(material)
    if material.training is None or material.training.held_out is None:
        return None
    held, acceptance = material.training.held_out, material.training.recogniser.acceptance
    return StrangerChart(
        basis=acceptance.basis,
        curve=tradeoff(held),
        chosen=(acceptance.fpir, acceptance.fnir),
        threshold=acceptance.threshold,
        histograms=score_histograms(held.known.tolist(), held.strangers.tolist()),
    )


def _measured(material: Material) -> StrangerChart | None:
    figures = material.figures.unknown
    if figures is None:
        return None
    known = known_ones(material.outcomes)
    strange = list(material.strangers) or [o for o in material.outcomes if o.truth == UNKNOWN]
    return StrangerChart(
        basis=f"{figures.strangers} pictures of strangers",
        curve=figures.curve,
        chosen=(figures.fpir, figures.fnir),
        threshold=figures.threshold,
        histograms=score_histograms(_scores(known), _scores(strange)),
    )


def _scores(outcomes: Sequence[PictureOutcome]) -> list[float]:
    return [o.candidate.acceptance for o in outcomes if o.candidate]


def worst(material: Material) -> list[PictureOutcome]:
    """The mistakes to look at first: wrong names, the surest first; then known people refused; then
    nothing found.
    """
    wrong = [o for o in [*material.outcomes, *material.strangers] if _is_wrong(o)]
    ranked = sorted(_once(wrong), key=lambda o: (o.label is None, not o.found, -_surety(o)))
    return ranked[:MISTAKES]


def _is_wrong(outcome: PictureOutcome) -> bool:
    if outcome.truth.startswith("_"):
        return outcome.label is not None
    return outcome.label != outcome.truth


def _surety(outcome: PictureOutcome) -> float:
    return outcome.best.acceptance - outcome.threshold if outcome.best else 0.0


def _once(outcomes: Sequence[PictureOutcome]) -> list[PictureOutcome]:
    """Each picture once: several folds answer the same stranger."""
    return list({o.path: o for o in sorted(outcomes, key=_surety)}.values())


def _mistake(outcome: PictureOutcome, root: Path) -> Mistake:
    best = outcome.best
    return Mistake(
        picture=relative(outcome.path, root),
        truth=outcome.truth,
        answer=outcome.label,
        best=best.best if best else None,
        probability=best.probability if best else None,
        similarity=best.similarity if best else None,
        reason=best.reason if best else "nothing_found",
    )


def thumbnails(material: Material) -> list[Thumbnail | None]:
    """Of each of the worst mistakes; nothing at all where the report is private."""
    if material.private:
        return []
    regions = {s.path: s.regions for s in material.samples}
    return [
        thumbnail(o.path, regions.get(o.path, ()), _index(o.named, o.best)) for o in worst(material)
    ]


def _index(named: Sequence[RegionAnswer], best: RegionAnswer | None) -> int | None:
    return next((i for i, answer in enumerate(named) if answer is best), None)


def not_found(known: Sequence[PictureOutcome]) -> dict[str, int]:
    """For each class, in how many of its pictures nothing was found."""
    missed = Counter(o.truth for o in known if not o.found)
    return {label: missed[label] for label in sorted({o.truth for o in known})}
