"""Whether a freshly trained version may answer at once, or waits until a person has looked.

Reads manifests; loads nothing. Promoting by hand is in `versions`.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from data_cleaning.errors import BundleError
from data_cleaning.files import sha256_of_bytes
from model.recognition.manifest import RecordedFigures
from model.recognition.registry import Registry

# how far below the old one's 95 % interval the new one's must lie: more classes are harder
MARGIN = 0.05
NAMED = 3  # missing classes that are named
FEWER, WORSE = "fewer_classes", "less_often_right"  # codes

Interval = tuple[float, float]


@dataclass(frozen=True)
class CandidateVersion:
    """A version that would answer: its classes and its cross-validated figures.

    excused: sha256 of classes, in hex, that it need not know any more, for they were forgotten."""

    labels: Sequence[str]
    figures: RecordedFigures | None
    excused: Collection[str] = ()


@dataclass(frozen=True)
class ReasonToWait:
    """What speaks against answering with a version at once.

    code: what it is. version: the one that answers. names: the first classes that would not be
    known any more; more: how many others. before, now: the 95 % intervals of right answers of the
    version that answers and of this one, 0 to 1.
    """

    code: str
    sentence: str
    version: int
    names: tuple[str, ...] = ()
    more: int = 0
    before: Interval | None = None
    now: Interval | None = None


def reason_to_wait(
    registry: Registry, name: str, candidate: CandidateVersion
) -> ReasonToWait | None:
    """What speaks against answering with it at once; None where nothing does.

    That somebody would not be known any more, or that it is clearly worse: the whole 95 % interval
    of its right answers lies MARGIN below that of the active version, though each was tried on its
    own pictures.
    """
    if not registry.versions(name):
        return None
    try:
        active = registry.active(name)
        manifest = registry.manifest(name, active)
    except BundleError:  # a broken one must not bar its successor
        return None
    missing = sorted(
        label
        for label in set(manifest.labels) - set(candidate.labels)
        if _digest(label) not in candidate.excused
    )
    if missing:
        return _fewer(active, missing)
    recorded = manifest.facts.crossval
    before = recorded.accuracy_interval if recorded else None
    now = candidate.figures.accuracy_interval if candidate.figures else None
    if before and now and now[1] < before[0] - MARGIN:
        return _worse(active, before, now)
    return None


def _fewer(active: int, missing: Sequence[str]) -> ReasonToWait:
    named, more = tuple(missing[:NAMED]), max(0, len(missing) - NAMED)
    others = f" and {more} more" if more else ""
    sentence = f"Version {active}, which answers, also knows {', '.join(named)}{others}."
    return ReasonToWait(FEWER, sentence, active, named, more)


def _worse(active: int, before: Interval, now: Interval) -> ReasonToWait:
    sentence = (
        f"It was right for {now[0]:.0%} to {now[1]:.0%} of unseen pictures, version {active},"
        f" which answers, for {before[0]:.0%} to {before[1]:.0%}."
    )
    return ReasonToWait(WORSE, sentence, active, before=before, now=now)


def _digest(label: str) -> str:
    return sha256_of_bytes(label.encode())
