"""What a person can do about a report's numbers, in sentences."""

from __future__ import annotations

from collections.abc import Mapping
from statistics import median

from model.evaluation.figures import ClassFigures, MultilabelClassFigures
from model.reporting.report import MultilabelReport, SingleLabelReport
from model.training.multilabel import EDGES

FEW = 15  # pictures of a class; below that each one more still helps a lot


def advice(report: SingleLabelReport) -> tuple[str, ...]:
    """Sentences to act on, the most pressing first; empty where nothing stands out."""
    return (
        *_unreadable(report),
        *_across_classes(report),
        *_few(report.figures.per_class),
        *_not_found(report),
        *_weak_class(report),
        *_confused(report),
        *_strangers(report),
        *_calibration(report),
        *_width(report),
    )


def multilabel_advice(report: MultilabelReport) -> tuple[str, ...]:
    """The same where a picture may carry several classes."""
    return (
        *_unreadable(report),
        *_unlike_sets(report),
        *_few(report.figures.per_class),
        *_inseparable(report),
        *_edges(report),
        *_weak_precision(report),
        *_calibration(report),
        *_width(report),
    )


def _unreadable(report: SingleLabelReport | MultilabelReport) -> list[str]:
    bad = report.figures.unreadable
    if not bad:
        return []
    return [f"{_files(len(bad))} could not be read and took no part; they are listed below."]


def _across_classes(report: SingleLabelReport) -> list[str]:
    return [
        f"The same picture, or nearly, lies in several classes: {', '.join(group[:4])}. One of the"
        " labels is wrong."
        for group in report.near_copies.across_classes[:5]
    ]


def _few(classes: Mapping[str, ClassFigures] | Mapping[str, MultilabelClassFigures]) -> list[str]:
    few = {label: row.pictures for label, row in classes.items() if row.pictures < FEW}
    if not few:
        return []
    named = ", ".join(f"{label} ({count})" for label, count in list(few.items())[:6])
    more = f" and {len(few) - 6} more" if len(few) > 6 else ""
    return [
        f"Few pictures of {named}{more}: {FEW} or more of each class make the answers and these"
        " figures steadier."
    ]


def _not_found(report: SingleLabelReport) -> list[str]:
    missed, classes = report.not_found, report.figures.per_class
    total, pictures = sum(missed.values()), sum(row.pictures for row in classes.values())
    found = []
    for label, count in missed.items():
        mine, others = (
            count / classes[label].pictures,
            (total - count) / max(1, pictures - classes[label].pictures),
        )
        if count >= 3 and mine >= 0.1 and mine >= 2 * others:
            found.append(
                f"In {mine:.0%} of the pictures of {label} nothing was found, against {others:.0%}"
                " in the others: use larger, sharper pictures of them, seen from the front."
            )
    if total >= 3 and pictures and total / pictures > 0.15 and report.recipe.name == "face-classic":
        found.append(
            f"In {total / pictures:.0%} of all pictures no face was found. The recipe face-modern"
            " finds more of them."
        )
    return found


def _weak_class(report: SingleLabelReport) -> list[str]:
    classes = report.figures.per_class
    if len(classes) < 3:
        return []
    usual = median(row.recall for row in classes.values())
    return [
        f"{label} is right in {row.recall:.0%} of its pictures, half of the classes in"
        f" {usual:.0%} or more: look at its pictures first, for wrong labels and for kinds of"
        " picture that are missing."
        for label, row in classes.items()
        if row.pictures >= 8 and row.recall < usual - 0.15
    ][:5]


def _confused(report: SingleLabelReport) -> list[str]:
    table = report.figures.confusion
    pairs = []
    for truth, row in zip(table.truths, table.matrix, strict=True):
        for answer, count in zip(table.labels[:-1], row, strict=False):
            if answer != truth and count >= 3 and count >= 0.08 * sum(row):
                pairs.append(
                    (count, f"{truth} is taken for {answer} in {count} of {sum(row)} pictures.")
                )
    return [text for _, text in sorted(pairs, reverse=True)[:3]]


def _strangers(report: SingleLabelReport) -> list[str]:
    acceptance = report.facts.acceptance
    if not acceptance:
        return []
    if acceptance.fpir is None:
        return [
            "Strangers are not refused: there was nothing to learn it from. "
            "Add a folder _unknown with pictures of others."
        ]
    if acceptance.fpir <= acceptance.target_fpir * 1.001:
        return []
    return [
        f"The wish that at most {acceptance.target_fpir:.1%} of strangers be named was given up,"
        f" because it would refuse too many known ones: {acceptance.fpir:.1%} were named. Add"
        " pictures of others to a folder _unknown, or ask for"
        f" {acceptance.target_fpir:.1%} when you train: what is asked for is held to whatever it"
        " costs."
    ]


def _calibration(report: SingleLabelReport | MultilabelReport) -> list[str]:
    error = report.figures.ece
    if error is None or error <= 0.1:
        return []
    return [
        f"Stated probabilities are off by {100 * error:.0f} points on average: read them as an"
        " order, not as odds."
    ]


def _width(report: SingleLabelReport | MultilabelReport) -> list[str]:
    low, high = report.figures.accuracy_interval or (0.0, 0.0)
    if high - low <= 0.15:
        return []
    return [
        f"With {report.figures.pictures} pictures the accuracy is only known to lie between"
        f" {low:.0%} and {high:.0%}: small differences between models mean nothing yet."
    ]


def _unlike_sets(report: MultilabelReport) -> list[str]:
    return [
        f"Nearly the same pictures carry different classes: {', '.join(group[:4])}. One may lie in"
        " a folder too few."
        for group in report.near_copies.across_classes[:5]
    ]


def _inseparable(report: MultilabelReport) -> list[str]:
    return [
        f"{' and '.join(labels)} are carried by the same pictures: nothing tells a model which is"
        " which. Add pictures of one without the other."
        for labels in report.same_pictures[:5]
    ]


def _edges(report: MultilabelReport) -> list[str]:
    sentences, (least, most) = [], EDGES
    for label, threshold in report.thresholds.items():
        if threshold <= least:
            sentences.append(
                f"{label} is given from a probability of {threshold:.0%} on, the least allowed: the"
                " model hardly ever believes in it. Add pictures of it that differ, and expect it"
                " to be given too often."
            )
        elif threshold >= most:
            sentences.append(
                f"{label} is given only from a probability of {threshold:.0%} on, the most allowed:"
                " other pictures come close to it. Look for pictures of it that do not lie in its"
                " folder."
            )
    return sentences[:5]


def _weak_precision(report: MultilabelReport) -> list[str]:
    classes = report.figures.per_class
    if len(classes) < 3:
        return []
    usual = median(row.average_precision for row in classes.values())
    return [
        f"{label} is told apart less well: an average precision of {row.average_precision:.2f},"
        f" where half of the classes have {usual:.2f} or more. Look at its pictures first, and for"
        " it in the other folders' pictures."
        for label, row in classes.items()
        if row.pictures >= 8 and row.average_precision < usual - 0.15
    ][:5]


def _files(count: int) -> str:
    return "1 file" if count == 1 else f"{count} files"
