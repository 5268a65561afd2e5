"""What a report's figure is held against, as the rows of one table.

What was learnt, a test that was set aside, simpler ways on the same folds, and what others say of
theirs.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from data_cleaning.json_types import JsonObject

_WAYS = {
    "majority_class": ("The class with the most pictures", "whatever the picture shows"),
    "tutorial": (
        "The tutorials' way",
        "raw pixels and a wavelet stacked, SVM with a radial kernel",
    ),
    "top_layer": (
        "A top layer trained by gradient",
        "on this recipe's features; it refuses nobody",
    ),
}
_TWO_EYES = "a Haar face with two eyes, raw pixels and a wavelet stacked, SVM with a radial kernel"


@dataclass(frozen=True)
class ComparedRow:
    """name, detail: what was judged, and on what. accuracy: 0 to 1, with its interval of 95 % where
    there is one. counts: right of how many, or "". kind: "own", "simpler" or "quoted".
    """

    name: str
    detail: str
    accuracy: float | None
    interval: tuple[float, float] | None = None
    counts: str = ""
    kind: str = "own"


def compared_rows(report: JsonObject) -> list[ComparedRow]:
    """The rows of a report, as `report.json` holds it; this model's first."""
    return [*_own(report), *_simpler(report)]


def _own(report: JsonObject) -> Iterator[ComparedRow]:
    figures = report["figures"]
    evaluated = report["kind"] == "evaluation"
    unseen = "these pictures" if evaluated else "pictures that it had not seen"
    name = f"This model ({report['recipe']['name']})"
    yield _row(name, unseen, figures)
    if figures.get("top_3_accuracy") is not None:
        yield ComparedRow(
            "The right class among its three likeliest",
            f"{unseen}, before anybody is refused",
            figures["top_3_accuracy"],
        )
    if figures.get("train_accuracy") is not None:
        yield ComparedRow(
            "The saved model on what it learnt",
            "pictures that it learnt from: far above the first row is learnt by heart",
            figures["train_accuracy"],
        )
    test = figures.get("held_out_test")
    if test:
        yield _row("The saved model on the test", f"{test['folder']}, set aside", test["figures"])


def _simpler(report: JsonObject) -> Iterator[ComparedRow]:
    found = report["figures"].get("baselines") or {"rows": []}
    for row in found["rows"]:
        name, detail = _WAYS[row["name"]]
        if row["name"] == "tutorial" and report["recipe"]["subject"] == "face":
            detail = f"{_TWO_EYES}; finds one in {row['found']} of {row['pictures']}"
        yield _row(name, detail, row, "simpler")
    for row in found.get("quoted", ()):
        yield ComparedRow(
            row["name"].capitalize().replace("Vgg", "VGG"),
            "quoted from a notebook, on other pictures",
            row["accuracy"],
            kind="quoted",
        )


def _row(name: str, detail: str, figures: JsonObject, kind: str = "own") -> ComparedRow:
    interval = figures["accuracy_interval"]
    return ComparedRow(
        name,
        detail,
        figures["accuracy"],
        (interval[0], interval[1]) if interval else None,
        f"{figures['correct']} of {figures['pictures']}",
        kind,
    )
