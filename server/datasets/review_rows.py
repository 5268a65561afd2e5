"""The pictures of a data set as rows of an answer: filtered, the doubtful first, counted."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence

from data_cleaning.datasets.findings import KINDS, Finding
from server.datasets.marked_pictures import MarkedDataset, MarkedPicture
from server.datasets.review_schemas import (
    PictureDecision,
    PictureRow,
    ReviewCounts,
    ReviewPage,
    ReviewQuery,
)
from server.datasets.schemas import Mark

REGIONS = 12  # that a row shows


def review_page(name: str, dataset: MarkedDataset, query: ReviewQuery) -> ReviewPage:
    """One page of the pictures that fit."""
    fitting = _ordered([one for one in dataset.pictures if _fits(one, query)], query.order)
    some = fitting[query.offset : query.offset + query.limit]
    return ReviewPage(
        dataset=name,
        subject=dataset.subject,
        pictures=[picture_row(dataset, one) for one in some],
        total=len(fitting),
        all=len(dataset.pictures),
        looked=dataset.looked,
        stopped=dataset.stopped,
        counts=_counts(dataset.pictures),
    )


def picture_row(dataset: MarkedDataset, one: MarkedPicture) -> PictureRow:
    """One picture with its marks."""
    seen = one.inspection.picture if one.inspection else None
    found = [d for d, _ in seen.regions if d.kind != "picture"] if seen else []
    return PictureRow(
        sha256=one.item.sha256,
        label=one.item.label,
        file=one.item.path.name,
        shows=one.shows,
        decision=_decision(one),
        looked=seen is not None,
        width=seen.width if seen else 0,
        height=seen.height if seen else 0,
        regions=[[d.x, d.y, d.width, d.height] for d in found[:REGIONS]],
        marks=marks_of(dataset, one),
        stack=one.stack,
    )


def marks_of(dataset: MarkedDataset, one: MarkedPicture) -> list[Mark]:
    """The marks of a picture, gravest first."""
    return [_mark(dataset, finding) for finding in one.marks]


def _mark(dataset: MarkedDataset, finding: Finding) -> Mark:
    title, advice = KINDS[finding.kind]
    group = () if finding.group is None else dataset.groups[finding.kind, finding.group]
    return Mark(
        kind=finding.kind,
        title=title,
        advice=advice,
        note=finding.note,
        score=round(finding.score, 3),
        box=None if finding.box is None else list(finding.box),
        of=next((digest for digest in group if digest != finding.sha256), None),
        suggestion=finding.suggestion,
    )


def _decision(one: MarkedPicture) -> PictureDecision | None:
    last = one.decision
    if last is None:
        return None
    return PictureDecision(
        action=last.action, label=last.label, to=last.to, by=last.by, time=last.time
    )


def _fits(one: MarkedPicture, query: ReviewQuery) -> bool:
    kinds = {mark.kind for mark in one.marks}
    decided = {one.decision.action} if one.decision else set()
    return (
        query.picture in ("", one.item.sha256)
        and query.file in ("", f"{one.item.label}/{one.item.path.name}")
        and query.label in ("", one.shows)
        and _chosen(kinds, query.mark)
        and _chosen(decided, query.decision)
    )


def _chosen(has: set[str], wanted: str) -> bool:
    if wanted in ("any", "none"):
        return bool(has) == (wanted == "any")
    return not wanted or wanted in has


def _ordered(pictures: Sequence[MarkedPicture], order: str) -> list[MarkedPicture]:
    """By name; or the gravest first, with near copies side by side, the largest of them ahead."""
    if order == "name":
        return sorted(pictures, key=lambda one: (one.item.label, one.item.path.name))
    stacks: dict[str, list[MarkedPicture]] = defaultdict(list)
    for one in pictures:
        stacks[one.stack or str(one.item.path)].append(one)
    gravest = {name: min(one.grave for one in members) for name, members in stacks.items()}
    ordered = []
    for name in sorted(stacks, key=lambda name: gravest[name]):
        ordered += sorted(stacks[name], key=lambda one: one.item.sha256 != one.stack)
    return ordered


def _counts(pictures: Iterable[MarkedPicture]) -> ReviewCounts:
    marks: Counter[str] = Counter()
    labels: Counter[str] = Counter()
    decisions: Counter[str] = Counter()
    marked = 0
    for one in pictures:
        marks.update({mark.kind for mark in one.marks})
        marked += bool(one.marks)
        if one.shows is not None:
            labels[one.shows] += 1
        if one.decision is not None:
            decisions[one.decision.action] += 1
    return ReviewCounts(
        marks={kind: marks[kind] for kind in KINDS if marks[kind]},
        labels=dict(sorted(labels.items())),
        decisions=dict(sorted(decisions.items())),
        marked=marked,
    )
