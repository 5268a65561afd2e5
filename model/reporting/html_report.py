"""A report's plain data to one HTML file that needs nothing else.

The page is the template `templates/report.html`; here are the words and numbers that it asks for.
Nothing is computed that the report does not hold.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from data_cleaning.json_types import JsonObject
from model.reporting import plots
from model.reporting.compared import compared_rows

MOST_ROWS = 14  # classes; more than that are folded away
MOST_CURVES = 12  # classes that get a curve; of more, the hardest

_TITLES = {
    "training": "How well {name} knows its classes",
    "crossval": "Cross-validation of {name}",
    "evaluation": "How {name} does on these pictures",
}
_BASIS = {
    "training": (
        "Every picture was answered by a model that had not seen it or a near copy of it; "
        "the saved model was then trained on all of them."
    ),
    "crossval": "Every picture was answered by a model that had not seen it or a near copy of it.",
    "evaluation": (
        "The saved model answered these pictures. If it was trained on some of them, the figures"
        " flatter it."
    ),
}
_REASONS = {
    "unknown": "not believed: too little like the enrolled examples",
    "taken": "another one in the picture was more likely to be them",
    "too_small": "too small to tell",
    "nothing_found": "nothing was found in the picture",
    "known": "",
}


def page(report: JsonObject, thumbnails: Sequence[JsonObject | None] = ()) -> str:
    """The whole page of a report, as `report.json` holds it.

    thumbnails: for each of the report's mistakes a small picture, as `report.thumbnails` gives
    them, or none at all.
    """
    shown = thumbnails or [None] * len(report["mistakes"])
    return (
        _environment()
        .get_template("report.html")
        .render(
            report=report,
            title=title_of(report),
            subtitle=_subtitle(report),
            basis=_BASIS[report["kind"]],
            mistakes=list(zip(report["mistakes"], shown, strict=True)),
        )
    )


def title_of(report: JsonObject) -> str:
    """What a report is headed by."""
    return _TITLES[report["kind"]].format(name=report["name"])


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("model.reporting"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters |= {
        "percent": percent,
        "share": share,
        "words": words,
        "options": options,
        "weakest_first": weakest_first,
        "mistake_words": mistake_words,
        "compared": compared_rows,
    }
    environment.globals |= {"most_rows": MOST_ROWS, "most_curves": MOST_CURVES, "draw": _Drawings}
    return environment


class _Drawings:
    """The figures of a report as SVG elements. They hold no text that is not the program's own."""

    @staticmethod
    def confusion(counts: JsonObject) -> Markup:
        return _drawn(plots.confusion, counts)

    @staticmethod
    def reliability(bins: list[JsonObject]) -> Markup:
        return _drawn(plots.reliability, bins)

    @staticmethod
    def tradeoff(chart: JsonObject) -> Markup:
        fpir, fnir = chart["chosen"]
        return _drawn(plots.tradeoff, chart["curve"], None if fpir is None else (fpir, fnir))

    @staticmethod
    def scores(chart: JsonObject, facts: JsonObject) -> Markup:
        score = (facts.get("acceptance") or {}).get("score", "acceptance score")
        name = f"{score} to the class that was named"
        return _drawn(plots.scores, chart["histograms"], chart["threshold"], name)

    @staticmethod
    def learning(curve: list[dict[str, float]]) -> Markup:
        return _drawn(plots.learning, curve)

    @staticmethod
    def epochs(curves: JsonObject, what: str) -> Markup:
        return _drawn(plots.epochs, curves, what)

    @staticmethod
    def precision_recall(curve: list[list[float]], row: JsonObject, number: int) -> Markup:
        chosen = None if row["precision"] is None else (row["recall"], row["precision"])
        return _drawn(plots.precision_recall, curve, chosen, number)


def _drawn(draw: Callable[..., str], *of: object) -> Markup:
    return _drawn_once(draw, json.dumps(of))


@lru_cache(maxsize=32)
def _drawn_once(draw: Callable[..., str], of: str) -> Markup:
    """A figure of plain data: the pages of one report, public and not, show the same."""
    return Markup(draw(*json.loads(of)))


def _subtitle(report: JsonObject) -> str:
    figures, facts = report["figures"], report["facts"]
    parts = [
        f"{figures['pictures']} pictures of {len(figures['per_class'])} classes",
        f"recipe {report['recipe']['name']}",
    ]
    if "classifier" in facts:
        parts.append(f"classifier {words(facts['classifier'])}")
    if "trained" in facts:
        parts.append(f"trained {facts['trained'][:16].replace('T', ' ')} UTC")
    return ", ".join(parts) + "."


def percent(value: float, digits: int = 0) -> str:
    """A share between 0 and 1 in per cent."""
    return f"{value:.{digits}%}"


def share(value: float | None) -> str:
    """A share between 0 and 1 in per cent, to a tenth where it is not whole; a dash for None."""
    if value is None:
        return "–"
    return percent(value, 1 if 0 < value < 0.9995 else 0)


def words(name: str) -> str:
    """A name of the program as words."""
    return name.replace("_", " ")


def options(values: JsonObject) -> str:
    """The options of a recipe's step, as a person would write them."""
    return json.dumps(values)[1:-1].replace('"', "")


def weakest_first(report: JsonObject) -> list[str]:
    """The classes, those that are told apart least in front."""
    per_class: dict[str, JsonObject] = report["figures"]["per_class"]
    key = "average_precision" if "thresholds" in report else "recall"
    return sorted(per_class, key=lambda label: per_class[label][key])


@dataclass(frozen=True)
class MistakeWords:
    """A mistake in words: what was answered, what it is, and how sure."""

    answer: str
    truth: str
    detail: str


def mistake_words(mistake: JsonObject) -> MistakeWords:
    """A mistake of a report in words, whether a picture carries one class or several."""
    return _wrong_classes(mistake) if "added" in mistake else _wrong_class(mistake)


def _wrong_class(mistake: JsonObject) -> MistakeWords:
    truth = {"_unknown": "a stranger", "_none": "nothing"}.get(mistake["truth"], mistake["truth"])
    reason: str = mistake["reason"]
    detail = _REASONS.get(reason, reason)
    if mistake["best"] and not mistake["answer"]:
        nearest = f"nearest {mistake['best']} {percent(mistake['probability'])}"
        detail = f"{detail}; {nearest}".lstrip("; ")
    elif mistake["best"]:
        detail = f"{percent(mistake['probability'])} sure"
    return MistakeWords(mistake["answer"] or "nobody", f"but it is {truth}", detail)


def _wrong_classes(mistake: JsonObject) -> MistakeWords:
    if mistake["reason"] in ("nothing_found", "too_small"):
        detail = _REASONS[mistake["reason"]]
    else:
        detail = "; ".join(
            [f"{label} wrongly given, at {percent(p)}" for label, p in mistake["added"].items()]
            + [f"{label} missing, at {percent(p)}" for label, p in mistake["missed"].items()]
        )
    truth = " + ".join(mistake["truth"])
    return MistakeWords(
        " + ".join(mistake["answer"]) or "no class",
        f"but it is {truth}" if truth else "but it carries none",
        detail,
    )
