"""The log of answers as a table for a spreadsheet."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime

from server.history.logged_answers import LoggedAnswer

COLUMNS = (
    "model",
    "version",
    "digest",
    "width",
    "height",
    "label",
    "reason",
    "seconds",
    "client",
    "key",
    "camera",
)
HEAD = ("id", "time", "when", *COLUMNS, "regions", "probabilities")
FORMULA = ("=", "+", "-", "@", "\t", "\r")  # what begins so is run by a spreadsheet


def csv_lines(answers: Iterable[LoggedAnswer]) -> Iterator[str]:
    """A heading line and one line an answer."""
    yield _line(HEAD)
    for answer in answers:
        when = datetime.fromtimestamp(answer.time / 1000, UTC).isoformat(timespec="milliseconds")
        values = (getattr(answer, name) for name in COLUMNS)
        labels = " ".join("+".join(region.labels) or "?" for region in answer.regions)
        probabilities = " ".join(f"{region.probability:.6g}" for region in answer.regions)
        yield _line((answer.id, answer.time, when, *values, labels, probabilities))


def _line(values: Iterable[object]) -> str:
    out = io.StringIO()
    csv.writer(out).writerow([_harmless(value) for value in values])
    return out.getvalue()


def _harmless(value: object) -> object:
    risky = isinstance(value, str) and value.startswith(FORMULA)
    return f"'{value}" if risky else value
