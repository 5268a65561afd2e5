"""Every picture of a data set with what it shows after all decisions, and with its marks.

What is right stays a person's word: a picture that somebody decided about has no marks.
"""

from __future__ import annotations

import time
from collections import OrderedDict, defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from data_cleaning.datasets.audit import find_problems
from data_cleaning.datasets.dataset import Dataset, Item
from data_cleaning.datasets.decisions import Decision, shown_after
from data_cleaning.datasets.findings import KINDS, Finding
from data_cleaning.errors import WeightsBroken, WeightsMissing
from model.recognition.inspection.inspect_picture import Inspection, inspection_recipe
from model.recognition.inspection.label_likeness import RULES, LabelledVectors, doubt_labels
from server.datasets.inspections import Inspector, digest_of
from server.errors import TooSlow
from server.protocols import Pool

AUTO = "auto"
SAMPLE, ENOUGH, FACES = 24, 8, 0.25  # pictures that tell whether a data set is of faces
ORDER = list(KINDS)
STACKED = ("near", "copies")
COMPARED = 500  # pictures that new ones are compared with as they come
REMEMBERED = 8  # data sets whose findings a process holds
Group = tuple[str, int]  # kind of copy, and number


@dataclass(frozen=True)
class MarkedPicture:
    """One file. item: its label is the folder's. shows: None where it was rejected. decision: the
    last one about it. inspection: None where nobody has looked yet. marks: gravest first. stack:
    sha256 of the first of its near copies, itself included, or None where it has none.
    """

    item: Item
    shows: str | None
    decision: Decision | None = None
    inspection: Inspection | None = None
    marks: tuple[Finding, ...] = ()
    stack: str | None = None

    @property
    def inspected(self) -> Inspection:
        """What was seen, of the class that it shows."""
        assert self.inspection is not None and self.shows is not None
        item = replace(self.item, label=self.shows)
        return replace(self.inspection, picture=replace(self.inspection.picture, item=item))

    @property
    def grave(self) -> tuple[float, float, str, str]:
        """The gravest comes first in this order."""
        first = self.marks[0] if self.marks else None
        rank = ORDER.index(first.kind) if first else len(ORDER)
        return rank, -(first.score if first else 0), self.item.label, self.item.path.name


@dataclass(frozen=True)
class MarkedDataset:
    """subject: by what its pictures are looked at. looked: how many were. stopped: why no more can
    be looked at, or "". groups: sha256 of the members of each group of copies, the largest first.
    """

    subject: str
    pictures: tuple[MarkedPicture, ...]
    stopped: str = ""
    groups: Mapping[Group, tuple[str, ...]] = field(default_factory=dict)

    @property
    def looked(self) -> int:
        return sum(one.inspection is not None for one in self.pictures)


@dataclass(frozen=True)
class Look:
    """subject: "face", "person", "object", or "auto": what most pictures show. until: by
    time.monotonic, looking goes on so long. only: of these sha256 alone the pictures are looked at.
    """

    pool: Pool
    subject: str = AUTO
    until: float = 0.0
    only: Collection[str] | None = None


def marked_dataset(root: Path, look: Look) -> MarkedDataset:
    """All pictures of a data set. Raises DatasetError where its decisions cannot be read."""
    dataset = Dataset(root)
    decided = dataset.latest_decisions()
    there = [Item(path, label, digest_of(path)) for path, label in dataset.paths()]
    items = _compared(there, look)
    inspector = Inspector(root, inspection_recipe(subject_of(root, items, look.subject)))
    seen, stopped = _inspected(inspector, items, look)
    pictures = [_shown(item, decided.get(item.sha256, []), seen.get(item.path)) for item in items]
    findings = _findings(inspector, pictures, frozenset(decided))
    groups = _groups(findings)
    return MarkedDataset(
        inspector.recipe.subject, tuple(_marked(root, pictures, findings, groups)), stopped, groups
    )


def _compared(items: Sequence[Item], look: Look) -> Sequence[Item]:
    """All; of a large data set, where only a few are asked for, those and the rest of their class
    first. Whoever lists the data set hears of copies in all of it.
    """
    new = look.only
    if new is None or len(items) <= COMPARED:
        return items
    labels = {item.label for item in items if item.sha256 in new}
    order = sorted(items, key=lambda item: (item.sha256 not in new, item.label not in labels))
    return order[: max(COMPARED, len(new))]


def _shown(item: Item, decisions: Sequence[Decision], found: Inspection | None) -> MarkedPicture:
    last = decisions[-1] if decisions else None
    return MarkedPicture(item, shown_after(decisions, item.label), last, found)


def _marked(
    root: Path,
    pictures: Sequence[MarkedPicture],
    findings: Sequence[Finding],
    groups: Mapping[Group, tuple[str, ...]],
) -> Iterator[MarkedPicture]:
    """The pictures with what was found about them."""
    about: dict[str, list[Finding]] = defaultdict(list)
    for finding in findings:
        about[finding.picture].append(finding)
    for one in pictures:
        marks = about.get(one.item.path.relative_to(root).as_posix(), [])
        stacks = [groups[m.kind, m.group] for m in marks if m.kind in STACKED and m.group]
        yield replace(one, marks=tuple(marks), stack=stacks[0][0] if stacks else None)


def _groups(findings: Sequence[Finding]) -> dict[Group, tuple[str, ...]]:
    """sha256 of the pictures of each group of copies, the largest first."""
    members: dict[Group, dict[str, None]] = defaultdict(dict)
    for finding in findings:
        if finding.group is not None:
            members[finding.kind, finding.group][finding.sha256] = None
    return {group: tuple(digests) for group, digests in members.items()}


def subject_of(root: Path, items: Sequence[Item], asked: str) -> str:
    """What was asked for; else things, where hardly any of the pictures that were looked at shows a
    face.
    """
    if asked != AUTO:
        return asked
    faces = Inspector(root, inspection_recipe("face"))
    seen = []
    for item in sorted(items, key=lambda item: item.sha256):
        found = faces.known(item)
        if found is not None and found.picture.error is None:
            seen.append(bool(found.picture.regions))
        if len(seen) == SAMPLE:
            break
    return "object" if len(seen) >= ENOUGH and sum(seen) < FACES * len(seen) else "face"


def _inspected(
    inspector: Inspector, items: Sequence[Item], look: Look
) -> tuple[dict[Path, Inspection], str]:
    """What is known of each file, and of as many more as there is time for; and why it ended."""
    seen: dict[Path, Inspection] = {}
    stopped = ""
    for item in items:
        found = inspector.known(item) if item.sha256 else None
        due = look.only is None or item.sha256 in look.only
        if found is None and item.sha256 and due and not stopped and time.monotonic() < look.until:
            try:
                found = looked_at(inspector, item, look.pool)
            except (WeightsMissing, WeightsBroken) as error:
                stopped = str(error)
        if found is not None:
            seen[item.path] = found
    return seen, stopped


def looked_at(inspector: Inspector, item: Item, pool: Pool) -> Inspection:
    """One picture, in the pool. Raises Busy, WeightsMissing, WeightsBroken."""
    try:
        return pool.run(lambda: inspector.look(item), wait=True)
    except TooSlow as error:
        return inspector.keep(Inspection.failed(item, str(error)))


_remembered: OrderedDict[int, list[Finding]] = OrderedDict()


def _findings(
    inspector: Inspector, pictures: Sequence[MarkedPicture], settled: frozenset[str]
) -> list[Finding]:
    """Gravest first; those of the last few data sets are remembered, for every page asks anew."""
    seen = [one.inspected for one in pictures if one.inspection and one.shows is not None]
    what = tuple((str(one.picture.item.path), one.picture.item) for one in seen)
    key = hash((str(inspector.root), inspector.recipe.name, what, settled))
    found = _remembered.get(key)
    if found is None:
        labelled = [
            LabelledVectors(one.picture.item.sha256, one.picture.item.label, one.vectors)
            for one in seen
        ]
        doubts = doubt_labels(labelled, RULES[inspector.recipe.subject])
        found = find_problems(inspector.root, [one.picture for one in seen], doubts)
        _remembered[key] = found
        while len(_remembered) > REMEMBERED:
            _remembered.popitem(last=False)
    return found
