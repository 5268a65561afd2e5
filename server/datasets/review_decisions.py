"""Deciding about many pictures at once, choosing one of several, and undoing either.

decisions.jsonl stays the truth: what is undone is withdrawn from it.
"""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from dataclasses import dataclass

from data_cleaning.datasets.audit import SIMILAR_SIZE
from data_cleaning.datasets.class_names import SPECIAL
from data_cleaning.datasets.dataset import Dataset, Item
from data_cleaning.datasets.decisions import Decision, shown_after
from data_cleaning.detection.detection import Detection
from data_cleaning.files import sha256_of_bytes
from data_cleaning.imaging.encoding import Part, excerpts
from data_cleaning.imaging.limits import DISK_LIMITS
from model.recognition.inspection.inspect_picture import inspect_bytes, inspection_recipe
from server.datasets.dataset_folders import check_label
from server.datasets.inspections import Inspector, digest_of
from server.datasets.managed_datasets import LONGEST, Datasets
from server.datasets.marked_pictures import subject_of
from server.datasets.review_schemas import OneDecision
from server.datasets.schemas import Stored
from server.errors import Conflict, NotFound
from server.storage.database import new_id

CUT = " cut"  # at the end of a note: the file was cut out for this decision
# Shares of a region's longer side: the most first, for a detector wants to see what is around.
MARGINS = (1.0, 0.6, 0.35, 0.2, 0.1)


@dataclass(frozen=True)
class Reviewer:
    """Decides about one data set. by: who."""

    datasets: Datasets
    name: str
    by: str

    def decide(self, wanted: Sequence[OneDecision]) -> str:
        """All of them or none; by what it can be undone. Raises NotFound, RequestError."""
        dataset, undo = self._dataset(), new_id()
        lying = _by_digest(dataset)
        before = dataset.latest_decisions()
        self._check(dataset, wanted, lying)
        decisions = []
        for one in wanted:
            folder = lying[one.sha256].label
            shows = shown_after(before.get(one.sha256, ()), folder)
            # "keep" says what it is now; of what was left out, what its folder says.
            label = None if one.action in ("move", "reject") else shows or folder
            note = _note(undo)
            decisions.append(Decision(one.sha256, one.action, label, one.to, self.by, note))
        dataset.decide(*decisions)
        return undo

    def undo(self, undo: str) -> int:
        """Withdraw what was decided together; how many decisions. Raises NotFound."""
        dataset = self._dataset()
        notes = (_note(undo), _note(undo) + CUT)
        cut = {d.sha256 for d in dataset.decisions() if d.note == notes[1]}
        count = dataset.withdraw(lambda decision: decision.note in notes)
        if not count:
            raise NotFound("There is nothing to undo: it was undone already, or never decided.")
        for path, _ in dataset.paths():
            if cut and digest_of(path) in cut:
                with contextlib.suppress(FileNotFoundError):
                    self.datasets.put_aside(path)
        return count

    def choose(self, digest: str, region: int, subject: str) -> tuple[str, Stored]:
        """Of several in a picture the one that is meant: it is cut out, and the picture left out.

        By what it can be undone, and what was stored. Raises NotFound, Conflict.
        """
        dataset = self._dataset()
        item = _by_digest(dataset).get(digest)
        if item is None:
            raise self._missing(digest)
        items = [Item(path, label, digest_of(path)) for path, label in dataset.paths()]
        recipe = inspection_recipe(subject_of(dataset.root, items, subject))
        regions = Inspector(dataset.root, recipe).look(item).picture.regions
        if region >= len(regions):
            raise Conflict(f"The picture shows {len(regions)}; there is no number {region}.")
        fresh = _cut(item, regions[region][0], Inspector(dataset.root, recipe))
        shows = shown_after(dataset.latest_decisions().get(digest, ()), item.label) or item.label
        box = tuple(int(v) for v in _box(regions[region][0]))
        self.datasets.class_place(dataset.root, shows).mkdir(exist_ok=True)
        name = sha256_of_bytes(f"{digest} {box}".encode())
        stored = self.datasets.store(self.name, shows, fresh, name)
        undo = new_id()
        note = _note(undo)
        dataset.decide(
            Decision(digest, "reject", by=self.by, note=note),
            Decision(stored.sha256, "keep", shows, None, self.by, note + CUT * stored.new),
        )
        return undo, stored

    def _dataset(self) -> Dataset:
        return Dataset(self.datasets.folder(self.name))

    def _check(
        self, dataset: Dataset, wanted: Sequence[OneDecision], lying: dict[str, Item]
    ) -> None:
        known = {*self.datasets.classes(self.name), *SPECIAL}
        for one in wanted:
            if one.sha256 not in lying:
                raise self._missing(one.sha256)
            if one.to is not None and one.to not in known:
                check_label(one.to)
                raise NotFound(
                    f"The data set {self.name!r} has no class {one.to!r}. Make it first."
                )

    def _missing(self, digest: str) -> NotFound:
        return NotFound(f"The data set {self.name!r} has no picture {digest[:12]}….")


def _by_digest(dataset: Dataset) -> dict[str, Item]:
    """One file of each picture."""
    found: dict[str, Item] = {}
    for path, label in dataset.paths():
        digest = digest_of(path)
        found.setdefault(digest, Item(path, label, digest))
    return found


def _note(undo: str) -> str:
    return f"review {undo}"


def _box(one: Detection) -> tuple[int, int, int, int]:
    return one.x, one.y, one.width, one.height


def _cut(item: Item, region: Detection, inspector: Inspector) -> bytes:
    """The part of the picture in which the region is the largest by far. Raises Conflict."""
    data = item.path.read_bytes()
    seen = inspector.look(item).picture
    x, y, width, height = _box(region)
    part = Part(x / seen.width, y / seen.height, width / seen.width, height / seen.height)
    for excerpt, inside in excerpts(data, part, MARGINS, LONGEST, DISK_LIMITS):
        found = inspect_bytes(item, excerpt, inspector.recipe).picture
        others = [one for one, _ in found.regions]
        if others and _is_alone(others, inside, (found.width, found.height)):
            return excerpt
    raise Conflict(
        "In no part of the picture is this one alone, so it was not cut out. Reject the picture,"
        " or send one that shows this one alone."
    )


def _is_alone(found: Sequence[Detection], part: Part, size: tuple[int, int]) -> bool:
    """Whether the largest lies in the part and no other is about as large."""
    first, *rest = found
    if any(max(r.width, r.height) >= SIMILAR_SIZE * max(first.width, first.height) for r in rest):
        return False
    across = ((first.x + first.width / 2) / size[0] - part.left) / part.width
    down = ((first.y + first.height / 2) / size[1] - part.top) / part.height
    return 0 < across < 1 and 0 < down < 1
