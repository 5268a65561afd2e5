"""What a person decided about pictures: read, checked against the data set, and appended.

No picture is touched.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from data_cleaning.datasets.class_names import SPECIAL
from data_cleaning.datasets.dataset import Dataset
from data_cleaning.datasets.decisions import Decision, parse
from data_cleaning.datasets.findings import Finding
from data_cleaning.errors import DatasetError
from data_cleaning.files import sha256_of_file

# where `clean` writes by default, inside the data set; a folder with "_" in front is no class
FOLDER = "_cleaning"
FINDINGS = "findings.json"
_SHOWN = 5  # wrong lines that a message names


@dataclass(frozen=True)
class CheckedDecisions:
    """Decisions that may be appended, and how many of a file had been appended before."""

    new: tuple[Decision, ...]
    known: int = 0


def read_file(data: Dataset, path: Path) -> CheckedDecisions:
    """The decisions of a file; one that is wrong spoils all, so that half a review is never
    applied.

    Raises DatasetError, naming the wrong lines.
    """
    try:
        lines = path.read_bytes().split(b"\n")
    except OSError as error:
        raise DatasetError(f"{path} cannot be read: {error.strerror}.") from error
    decisions, wrong = [], []
    lying = _classes_by_sha256(data)
    for number, line in enumerate(lines, 1):
        if line.strip():
            try:
                decisions.append(_checked(data, parse(line), lying))
            except DatasetError as error:
                wrong.append(f"line {number}: {error}")
    if wrong:
        more = f" And {len(wrong) - _SHOWN} more." if len(wrong) > _SHOWN else ""
        raise DatasetError(
            f"Nothing was applied; {path.name} has mistakes: {' '.join(wrong[:_SHOWN])}{more}"
        )
    before = set(data.decisions())
    new = tuple(dict.fromkeys(d for d in decisions if d not in before))
    return CheckedDecisions(new, len(decisions) - len(new))


def decision_about(data: Dataset, picture: str, action: str, target: str | None = None) -> Decision:
    """A decision about one picture, named by its path, as it lies or below the data set.

    target: where to for "move", which class it is not for "not". Raises DatasetError.
    """
    path = next((p for p in (data.root / picture, Path(picture)) if p.is_file()), None)
    if path is None or not path.resolve().is_relative_to(data.root.resolve()):
        raise DatasetError(f"There is no picture {picture} in {data.root}.")
    label = path.resolve().relative_to(data.root.resolve()).parts[0]
    decision = Decision(
        sha256_of_file(path),
        action,
        label=target if action == "not" and target else label,
        to=target if action == "move" else None,
        by="command line",
    )
    return _checked(data, decision, _classes_by_sha256(data))


def open_findings(data: Dataset, report: Path) -> list[Finding]:
    """Findings of a report that nobody has decided about yet.

    Raises DatasetError where it cannot be read.
    """
    try:
        rows = json.loads(report.read_text("utf-8"))["findings"]
        findings = [Finding(**row) for row in rows]
    except FileNotFoundError:
        raise DatasetError(
            f"There is no {report}. Make it with: python -m data_cleaning clean {data.root}"
        ) from None
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise DatasetError(f"{report} cannot be read as findings: {error}.") from error
    settled = data.latest_decisions()
    return [f for f in findings if f.sha256 not in settled]


def _classes_by_sha256(data: Dataset) -> dict[str, set[str]]:
    """The classes in which each picture lies, by its sha256."""
    lying: dict[str, set[str]] = {}
    for path, label in data.paths():
        try:
            lying.setdefault(sha256_of_file(path), set()).add(label)
        except OSError:
            continue
    return lying


def _checked(data: Dataset, decision: Decision, lying: dict[str, set[str]]) -> Decision:
    """Does the picture lie here, and do the classes exist?"""
    if decision.sha256 not in lying:
        raise DatasetError(f"No picture of {data.root} has the sha256 {decision.sha256[:12]}….")
    allowed = [*data.classes(), *SPECIAL]
    for name in (decision.label, decision.to):
        if name is not None and name not in allowed:
            raise DatasetError(
                f"There is no class {name!r}; there are {', '.join(allowed)}. Make its folder"
                " first."
            )
    return decision


def count_actions(decisions: Sequence[Decision]) -> dict[str, int]:
    """How many decisions of each action stand: the last one about each picture."""
    last = {d.sha256: d.action for d in decisions}
    return {action: list(last.values()).count(action) for action in sorted(set(last.values()))}
