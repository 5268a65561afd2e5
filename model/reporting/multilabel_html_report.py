"""What a report's page shows otherwise where a picture may carry several classes: tiles, classes,
curves, mistakes.
"""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import Any

from model.reporting import plots
from model.reporting.html_parts import (
    MOST_ROWS,
    bar,
    card,
    classes,
    figure,
    share,
    tiles,
    usual_tiles,
)

MOST_CURVES = 12
THRESHOLDS = (
    "for each class its own: the probability at which the mean of precision and recall (F1) was"
    " best"
)


def tiles_many(report: dict[str, Any]) -> str:
    """The strip of figures."""
    figures = report["figures"]
    told = [
        (
            "Whole answers right",
            share(figures["accuracy"]),
            f"of all pictures; {_sure(figures['accuracy_interval'])}",
        ),
        ("Nothing found", share(figures["failure_to_acquire"]), "of all pictures"),
    ]
    if figures["mean_average_precision"] is not None:
        text = f"of 1, over the classes; {_sure(figures['mean_average_precision_interval'], '.2f')}"
        told.append(("Average precision", f"{figures['mean_average_precision']:.3f}", text))
        told.append(
            (
                "F1",
                f"{figures['macro_f1']:.3f}",
                "of 1, over the classes: precision and recall balanced",
            )
        )
    return tiles([*told, *usual_tiles(figures)])


def _sure(interval: Sequence[float] | None, form: str = ".0%") -> str:
    low, high = interval or (0.0, 1.0)
    return f"95% sure between {low:{form}} and {high:{form}}"


def classes_many(report: dict[str, Any]) -> str:
    """The table of classes, intervals below the shares."""
    each, thresholds = report["figures"]["per_class"], report["thresholds"]
    many = len(each) > MOST_ROWS
    rows = [
        [
            escape(label),
            str(row["pictures"]),
            share(thresholds.get(label)),
            bar(row["recall"]) + _between(row["recall_interval"]),
            share(row["precision"]) + _between(row["precision_interval"]),
            f"{row['f1']:.2f}",
            f"{row['average_precision']:.3f}",
        ]
        for label in (_hardest(each) if many else each)
        for row in [each[label]]
    ]
    text = (
        "Recall: of the pictures that carry it, how many were given it. Precision: of those given"
        " it, how many carry it. F1 balances the two. Average precision: how well it is told apart"
        " whatever the threshold. Below the shares: where they lie with 95% confidence."
    )
    head = ["Class", "Pictures", "Threshold", "Recall", "Precision", "F1", "Average precision"]
    return classes(head, rows, text + " The ten that are told apart least come first." * many)


def _hardest(each: dict[str, Any]) -> list[str]:
    return sorted(each, key=lambda label: each[label]["average_precision"])


def _between(interval: Sequence[float] | None) -> str:
    return f"<span class=between>{interval[0]:.0%} to {interval[1]:.0%}</span>" if interval else ""


def curves_many(report: dict[str, Any]) -> str:
    """Precision against recall of each class, or of the hardest where there are many."""
    each, curves = report["figures"]["per_class"], report["curves"]
    drawn = _hardest(each)[:MOST_CURVES] if len(each) > MOST_CURVES else list(each)
    if not drawn:
        return ""
    cells = (
        _curve(label, each[label], curves[label], number) for number, label in enumerate(drawn, 1)
    )
    text = (
        "A stricter threshold gives a class less often and is wrong less often when it does; each"
        " point of a line is one threshold, the dot the chosen one. Beside its name stands a"
        " class's average precision."
    )
    if len(drawn) < len(each):
        text += f" The {len(drawn)} of {len(each)} classes that are told apart least."
    return card("Precision against recall", f"<div class=curves>{''.join(cells)}</div>", text)


def _curve(label: str, row: dict[str, Any], curve: list[list[float]], number: int) -> str:
    chosen = None if row["precision"] is None else (row["recall"], row["precision"])
    small = f"<small>{row['average_precision']:.3f}</small>"
    return (
        f"<div><h3>{escape(label)}"
        f" {small}</h3>{figure(plots.precision_recall(curve, chosen, number))}</div>"
    )


def mistake_many(one: dict[str, Any]) -> tuple[str, str, str]:
    """What was answered, what it is, and how sure: in words."""
    if one["reason"] == "nothing_found":
        detail = "nothing was found in the picture"
    elif one["reason"] == "too_small":
        detail = "too small to tell"
    else:
        detail = "; ".join(
            [f"{label} wrongly given, at {p:.0%}" for label, p in one["added"].items()]
            + [f"{label} missing, at {p:.0%}" for label, p in one["missed"].items()]
        )
    truth = " + ".join(one["truth"])
    return (
        " + ".join(one["answer"]) or "no class",
        f"but it is {truth}" if truth else "but it carries none",
        detail,
    )
