"""What a correction teaches: which picture, or which part of one, goes to the data set, and how that is told.

Pixels are not touched here: data_cleaning.images cuts, the model says what it finds in what was cut.
"""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from data_cleaning.dataset import UNKNOWN, Decision
from data_cleaning.errors import BundleError, WeightsBroken, WeightsMissing
from data_cleaning.images import Part, excerpts, reencode
from server.datasets import LONGEST, Datasets
from server.errors import Conflict
from server.service import Service

ACTIONS = {"is": "move", "is_not": "not", "not_a_face": "not_a_face"}
# Shares of a region's longer side: the most first, for a detector wants to see what is around; less where that
# shows a neighbour.
MARGINS = (1.0, 0.6, 0.35, 0.2)

NOT_SENT = (
    "The picture did not come along and is not kept here, and the data set {dataset} does not hold it: send it with "
    "`image`, or let asked pictures be kept for some days."
)
ONE_OF_MANY = (
    "The picture shows others as well, so it stays as it is: what a model takes for a region is not learned from one "
    "part of a picture."
)
NOT_CUT = (
    "The picture shows others as well, and in no part of it around this region is exactly this one found again, so "
    "nothing was added to {dataset}. A picture of this one alone would teach."
)


@dataclass(frozen=True)
class Lesson:
    """What a data set is told about a picture. action: is, is_not or not_a_face."""

    dataset: str
    action: str
    label: str | None
    by: str
    note: str | None

    @property
    def folder(self) -> str:
        """Where a picture that teaches it belongs: somebody's class, or the strangers'."""
        return str(self.label) if self.action == "is" else UNKNOWN

    def folders(self, named: Sequence[str]) -> list[str]:
        """The classes to be learned where a picture may carry several, and was given these."""
        right = {*named, str(self.label)} if self.action == "is" else {*named} - {self.label}
        return sorted(right)

    def decision(self, digest: str) -> Decision:
        if self.action == "is":
            return Decision(digest, "move", to=self.label, by=self.by, note=self.note)
        return Decision(digest, ACTIONS[self.action], label=self.label, by=self.by, note=self.note)


@dataclass(frozen=True)
class About:
    """row: the prediction. region: the one of its regions that is meant, or None. data: the picture, if it is there.
    several: whether the model may give a picture several classes."""

    row: dict[str, Any]
    region: dict[str, Any] | None
    data: bytes | None
    several: bool = False

    @property
    def named(self) -> list[str]:
        """What the region was called."""
        return self.region["labels"] if self.region else []


@dataclass(frozen=True)
class Learned:
    """picture: class and file name of what was added to the data set, if something was."""

    learned: bool
    why: str
    picture: str | None = None


def teach(service: Service, lesson: Lesson, about: About) -> Learned:
    """Tell the data set, with the picture where it shows one region, else with the part around the region.

    A picture of several teaches nothing about one of them, so nothing is decided about it. Raises Busy, TooSlow,
    PictureError.
    """
    datasets = Datasets(service.settings.datasets)
    if len(about.row["regions"]) > 1:
        return _from_part(service, datasets, lesson, about)
    with contextlib.suppress(Conflict):  # it is there already, as it mostly is
        datasets.create(lesson.dataset)
    if about.several and lesson.action != "not_a_face":
        return _of_several(service, datasets, lesson, about)
    datasets.decide(lesson.dataset, lesson.decision(about.row["digest"]))
    if about.data is None or lesson.action == "not_a_face":
        return _decided(datasets, lesson, about.row["digest"])
    _prepare(datasets, lesson)
    stored = datasets.add(lesson.dataset, lesson.folder, about.data, service.limits)
    picture = _filed(datasets, lesson, stored)
    if about.region is None:
        return Learned(False, f"The picture is now in {lesson.dataset} as {lesson.folder}, but the model found nothing "
                              "in it: only a training with another recipe may learn from it.", picture)  # fmt: skip
    return Learned(True, f"The picture is now in {lesson.dataset} as {lesson.folder}.", picture)


def _decided(datasets: Datasets, lesson: Lesson, digest: str) -> Learned:
    """Without a new picture the word counts only for one that the data set has."""
    if datasets.holders(lesson.dataset, digest):
        what = {"is": f"is {lesson.label} there now", "is_not": "is a stranger's there now"}
        return Learned(
            True, f"{lesson.dataset} has this picture; it {what.get(lesson.action, 'is left out from now on')}."
        )
    if lesson.action == "not_a_face":
        return Learned(False, f"{lesson.dataset} does not have this picture, so there is nothing to leave out.")
    return Learned(False, NOT_SENT.format(dataset=lesson.dataset))


def _of_several(service: Service, datasets: Datasets, lesson: Lesson, about: About) -> Learned:
    """The very picture, where the data set has it, else a fresh copy, goes to each class that it shows."""
    held = datasets.holders(lesson.dataset, about.row["digest"])
    if held:
        return _in_classes(datasets, lesson, about, next(iter(held.values())).read_bytes())
    if about.data is None:
        return Learned(False, NOT_SENT.format(dataset=lesson.dataset))
    return _in_classes(datasets, lesson, about, reencode(about.data, LONGEST, service.limits))


def _in_classes(datasets: Datasets, lesson: Lesson, about: About, data: bytes) -> Learned:
    digest = hashlib.sha256(data).hexdigest()
    files = {label: path.name for label, path in datasets.holders(lesson.dataset, digest).items()}
    folders = lesson.folders(about.named) or ([] if files else [UNKNOWN])
    for folder in folders:
        if folder not in files:
            with contextlib.suppress(Conflict):
                datasets.create_class(lesson.dataset, folder)
            files[folder] = datasets.store(lesson.dataset, folder, data)["file"]
        datasets.decide(lesson.dataset, Decision(digest, "also", label=folder, by=lesson.by, note=lesson.note))
    if lesson.action == "is_not":
        datasets.decide(lesson.dataset, lesson.decision(digest))
    shows = " and ".join(folders) if folders else f"not {lesson.label}"
    where = folders[0] if folders else next(iter(files))
    return Learned(True, f"The picture is now in {lesson.dataset} as {shows}.", f"{where}/{files[where]}")


def _from_part(service: Service, datasets: Datasets, lesson: Lesson, about: About) -> Learned:
    if lesson.action == "not_a_face":
        return Learned(False, ONE_OF_MANY)
    if about.data is None:
        return Learned(False, NOT_SENT.format(dataset=lesson.dataset))
    try:
        part = _part(service, about)
    except (BundleError, WeightsMissing, WeightsBroken) as error:
        return Learned(
            False, f"The picture shows others as well, and the model cannot look for this one alone: {error}"
        )
    if part is None:
        return Learned(False, NOT_CUT.format(dataset=lesson.dataset))
    with contextlib.suppress(Conflict):
        datasets.create(lesson.dataset)
    if about.several:
        return _in_classes(datasets, lesson, about, part)
    _prepare(datasets, lesson)
    picture = _filed(datasets, lesson, datasets.store(lesson.dataset, lesson.folder, part))
    return Learned(
        True, f"The part of the picture that shows this one is now in {lesson.dataset} as {lesson.folder}.", picture
    )


def _prepare(datasets: Datasets, lesson: Lesson) -> None:
    with contextlib.suppress(Conflict):
        datasets.create_class(lesson.dataset, lesson.folder)


def _filed(datasets: Datasets, lesson: Lesson, stored: dict[str, Any]) -> str:
    datasets.decide(lesson.dataset, lesson.decision(stored["sha256"]))
    return f"{lesson.folder}/{stored['file']}"


def _part(service: Service, about: About) -> bytes | None:
    """The part of the picture around the region in which the model finds exactly that region again, or None."""
    assert about.region is not None
    assert about.data is not None
    bundle = service.models.get(about.row["model"])
    x, y, width, height = about.region["box"]
    wide, tall = about.row["width"], about.row["height"]  # a kept picture may be smaller by now
    part, data = Part(x / wide, y / tall, width / wide, height / tall), about.data

    def look() -> bytes | None:
        for cut, inside in excerpts(data, part, MARGINS, LONGEST, service.limits):
            if _shows(bundle.recognise(cut, service.limits), inside):
                return cut
        return None

    return service.pool.run(look, wait=True)


def _shows(found: Any, part: Part) -> bool:
    """Exactly one region, and its middle lies in the part."""
    if len(found.predictions) != 1 or not (part.width and part.height):
        return False
    box = found.predictions[0].detection
    across = ((box.x + box.width / 2) / found.width - part.left) / part.width
    down = ((box.y + box.height / 2) / found.height - part.top) / part.height
    return 0 < across < 1 and 0 < down < 1
