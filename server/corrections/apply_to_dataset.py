"""What a correction teaches: which picture, or which part of one, goes to the data set, and how
that is told.

Pixels are not touched here: data_cleaning.imaging cuts, the model says what it finds in what was
cut.
"""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from data_cleaning.datasets.dataset import SPECIAL, UNKNOWN, Decision, Item
from data_cleaning.errors import BundleError, LikenessError, WeightsBroken, WeightsMissing
from data_cleaning.files import sha256_of_bytes
from data_cleaning.imaging.encoding import Part, excerpts, reencode
from server.context import Context
from server.datasets.managed_datasets import LONGEST, Datasets
from server.errors import Conflict

ACTIONS = {"is": "move", "is_not": "not", "not_a_face": "not_a_face"}
# Shares of a region's longer side: the most first, for a detector wants to see what is around; less
# where that shows a neighbour.
MARGINS = (1.0, 0.6, 0.35, 0.2)

NOT_SENT = (
    "The picture did not come along and is not kept here, and the data set {dataset} does not hold"
    " it: send it with `image`, or let asked pictures be kept for some days."
)
NOT_THERE = "{dataset} does not have this picture, so there is nothing to leave out."
ONE_OF_MANY = (
    "The picture shows others as well, so it stays as it is: what a model takes for a region is not"
    " learned from one part of a picture."
)
NOT_CUT = (
    "The picture shows others as well, and in no part of it around this region is exactly this one"
    " found again, so nothing was added to {dataset}. A picture of this one alone would teach."
)
NOT_LOOKED = (
    "The picture shows others as well, and the model cannot look for this one alone: {error}"
)
NO_REGION = (
    ", but the model found nothing in it: only a training with another recipe may learn from it"
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
    """row: the prediction. region: the one of its regions that is meant, or None. data: the
    picture, if it is there. several: whether the model may give a picture several classes."""

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


@dataclass(frozen=True)
class Shown:
    """What shows the region and no other. name: the sha256 that it is filed under in the data set.
    held: its files there. fresh: the JPEG to store where there are none. lacking: what to say where
    there is neither."""

    name: str
    held: list[Item] = field(default_factory=list)
    fresh: bytes | None = None
    lacking: str = ""
    what: str = "picture"


def teach(service: Context, lesson: Lesson, about: About) -> Learned:
    """Tell the data set, with the picture where it shows one region, else with the part around the
    region.

    What the data set has is not stored again: it is decided about. Where nothing can be learned,
    nothing is made and nothing decided. Raises Busy, TooSlow, PictureError.
    """
    datasets = Datasets(service.settings.datasets)
    shown = (_part if len(about.row["regions"]) > 1 else _whole)(service, datasets, lesson, about)
    if not shown.held and (shown.fresh is None or lesson.action == "not_a_face"):
        return Learned(False, shown.lacking)
    if about.several and lesson.action != "not_a_face":
        taught = _in_classes(datasets, lesson, about, shown)
    else:
        taught = (_decided if shown.held else _added)(datasets, lesson, about, shown)
    return (
        replace(taught, why=taught.why + _narrower(service, datasets, lesson, about))
        if taught.learned
        else taught
    )


def _whole(service: Context, datasets: Datasets, lesson: Lesson, about: About) -> Shown:
    """The very picture, as it lies in the data set or as it came."""
    digest, data = about.row["digest"], about.data
    lacking = (NOT_THERE if lesson.action == "not_a_face" else NOT_SENT).format(
        dataset=lesson.dataset
    )
    if data is None:
        return Shown(digest, datasets.holders(lesson.dataset, {digest}), None, lacking)
    fresh = reencode(data, LONGEST, service.limits)
    sizes = (
        {len(data), len(fresh)} if sha256_of_bytes(data) == digest else None
    )  # a kept picture is not what was sent
    return Shown(
        digest,
        datasets.holders(lesson.dataset, {digest, sha256_of_bytes(fresh)}, sizes),
        fresh,
        lacking,
    )


def _part(service: Context, datasets: Datasets, lesson: Lesson, about: About) -> Shown:
    """The part around the region, as it was cut for an earlier correction or as it is cut now."""
    assert about.region is not None
    name = sha256_of_bytes(f"{about.row['digest']} {about.region['box']}".encode())
    shown = Shown(
        name,
        datasets.holders(lesson.dataset, {name}, sizes=()),
        what="part of the picture that shows this one",
    )
    if shown.held or lesson.action == "not_a_face":
        return replace(shown, lacking=ONE_OF_MANY)
    if about.data is None:
        return replace(shown, lacking=NOT_SENT.format(dataset=lesson.dataset))
    try:
        cut = _cut(service, about)
    except (BundleError, WeightsMissing, WeightsBroken) as error:
        return replace(shown, lacking=NOT_LOOKED.format(error=error))
    if cut is None:
        return replace(shown, lacking=NOT_CUT.format(dataset=lesson.dataset))
    return replace(
        shown, held=datasets.holders(lesson.dataset, {sha256_of_bytes(cut)}, {len(cut)}), fresh=cut
    )


def _decided(datasets: Datasets, lesson: Lesson, about: About, shown: Shown) -> Learned:
    """A word on what lies in the data set."""
    has = f"{lesson.dataset} has the {shown.what}"
    if lesson.action == "is_not" and lesson.label not in datasets.shown(lesson.dataset, shown.held):
        return Learned(False, f"{has}, and not as {lesson.label}: there is nothing to change.")
    now = {"is": f"is {_named(datasets, lesson, [lesson.folder])}", "is_not": "is a stranger's"}
    datasets.decide(
        lesson.dataset,
        *(lesson.decision(each) for each in sorted({item.sha256 for item in shown.held})),
    )
    said = f"{has}; from now on it {now.get(lesson.action, 'is left out')}"
    return Learned(about.region is not None, f"{said}{'' if about.region else NO_REGION}.")


def _added(datasets: Datasets, lesson: Lesson, about: About, shown: Shown) -> Learned:
    """A picture, or a part of one, that the data set did not have."""
    said = (
        f"The {shown.what} is now in {lesson.dataset} as"
        f" {_named(datasets, lesson, [lesson.folder])}"
    )
    stored = _stored(datasets, lesson.dataset, lesson.folder, shown)
    datasets.decide(lesson.dataset, lesson.decision(stored["sha256"]))
    picture = f"{lesson.folder}/{stored['file']}"
    return Learned(about.region is not None, f"{said}{'' if about.region else NO_REGION}.", picture)


def _in_classes(datasets: Datasets, lesson: Lesson, about: About, shown: Shown) -> Learned:
    """A picture goes to each class that it shows: the very file, where the data set has it, else
    the fresh one.
    """
    held = {each.label: (each.path.name, each.sha256) for each in shown.held}
    folders = lesson.folders(about.named) or ([] if held else [UNKNOWN])
    shows = _named(datasets, lesson, folders) if folders else f"not {lesson.label}"
    copy = replace(shown, fresh=shown.held[0].path.read_bytes()) if shown.held else shown
    for folder in folders:
        if folder not in held:
            stored = _stored(datasets, lesson.dataset, folder, copy)
            held[folder] = stored["file"], stored["sha256"]
        also = Decision(held[folder][1], "also", label=folder, by=lesson.by, note=lesson.note)
        datasets.decide(lesson.dataset, also)
    if lesson.action == "is_not":
        datasets.decide(
            lesson.dataset,
            *(lesson.decision(each) for each in sorted({sha for _, sha in held.values()})),
        )
    where = folders[0] if folders else next(iter(held))
    return Learned(
        True,
        f"The {shown.what} is now in {lesson.dataset} as {shows}.",
        f"{where}/{held[where][0]}",
    )


def _stored(datasets: Datasets, dataset: str, folder: str, shown: Shown) -> dict[str, Any]:
    assert shown.fresh is not None
    with contextlib.suppress(Conflict):  # it is there already, as it mostly is
        datasets.create(dataset)
    with contextlib.suppress(Conflict):
        datasets.create_class(dataset, folder)
    return datasets.store(dataset, folder, shown.fresh, shown.name)


def _named(datasets: Datasets, lesson: Lesson, folders: Sequence[str]) -> str:
    """The classes in words, and which of them the data set did not have: a mistyped one is seen so."""
    new = [each for each in folders if each not in (*datasets.classes(lesson.dataset), *SPECIAL)]
    named = " and ".join(folders)
    if not new:
        return named
    if len(folders) == 1:
        return f"{named}, a class that is new there"
    return f"{named}; {' and '.join(new)} {'is' if len(new) == 1 else 'are'} new there"


def _narrower(service: Context, datasets: Datasets, lesson: Lesson, about: About) -> str:
    """A warning where the data set has not all that the model was trained on, as when its pictures
    are elsewhere.
    """
    try:
        bundle = service.models.get(about.row["model"])
    except LikenessError:
        return ""
    hidden = service.models.hidden_labels(bundle)
    labels = {label for label in bundle.labels if label not in hidden and not label.startswith("_")}
    known = len(labels & {*datasets.classes(lesson.dataset)})
    if known == len(labels):
        return ""
    return (
        f" A training from {lesson.dataset} alone would know {known} of the model's {len(labels)}"
        " classes."
    )


def _cut(service: Context, about: About) -> bytes | None:
    """The part of the picture around the region in which the model finds exactly that region again,
    or None.
    """
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
