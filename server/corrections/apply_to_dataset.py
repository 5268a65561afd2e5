"""What a correction teaches: the picture that shows the region goes to the data set, or is decided
about where it lies there already; and how that is told.
"""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

from data_cleaning.datasets.class_names import SPECIAL, UNKNOWN
from data_cleaning.datasets.decisions import Decision
from data_cleaning.errors import LikenessError
from server.context import Context
from server.corrections.region_pictures import RegionPicture, region_picture
from server.corrections.schemas import TeachingOutcome
from server.corrections.taught_picture import CorrectedAnswer, TaughtPicture
from server.datasets.managed_datasets import Datasets
from server.datasets.quota import quota_of
from server.datasets.schemas import Stored
from server.errors import Conflict, NoDataset

NO_REGION = (
    ", but the model found nothing in it: only a training with another recipe may learn from it"
)

Decided = Literal["is", "is_a_stranger", "is_left_out"]
DECIDED: dict[str, Decided] = {
    "is": "is",
    "is_not": "is_a_stranger",
    "not_a_face": "is_left_out",
}


@dataclass(frozen=True)
class TeachingResult:
    """learned: whether the next training learns from it. why: in a sentence; outcome: the same for
    programs.

    picture: class and file name of what was added to the data set, if something was. added,
    decided: sha256 of files that were stored, and of those that something was decided about.
    """

    learned: bool
    why: str
    outcome: TeachingOutcome
    picture: str | None = None
    added: tuple[str, ...] = ()
    decided: tuple[str, ...] = ()


def apply_to_dataset(
    service: Context, lesson: TaughtPicture, about: CorrectedAnswer
) -> TeachingResult:
    """Tell the data set what the correction says.

    What the data set has is not stored again: it is decided about. Where nothing can be learned,
    nothing is stored and nothing decided. Raises Busy, TooSlow, PictureError.
    """
    settings = service.settings
    datasets = Datasets(settings.datasets, quota_of(settings))
    shown = region_picture(service, lesson, about)
    if not shown.held and (shown.fresh is None or lesson.action == "not_a_face"):
        part = shown.is_part
        return TeachingResult(False, shown.lacking, TeachingOutcome(code=shown.code, part=part))
    if about.multi_label and lesson.action != "not_a_face":
        result = _into_classes(datasets, lesson, about, shown)
    elif shown.held:
        result = _decide(datasets, lesson, about, shown)
    else:
        result = _add(datasets, lesson, about, shown)
    if not result.learned:
        return result
    known, of = _known(service, datasets, lesson, about)
    if known == of:
        return result
    why = f"A training from {lesson.dataset} alone would know {known} of the model's {of} classes."
    outcome = result.outcome.model_copy(update={"known": known, "of": of})
    return replace(result, why=f"{result.why} {why}", outcome=outcome)


def _decide(
    datasets: Datasets, lesson: TaughtPicture, about: CorrectedAnswer, shown: RegionPicture
) -> TeachingResult:
    """A word on what lies in the data set."""
    has = f"{lesson.dataset} has the {shown.noun}"
    if lesson.action == "is_not" and lesson.label not in datasets.shown(lesson.dataset, shown.held):
        why = f"{has}, and not as {lesson.label}: there is nothing to change."
        stays = TeachingOutcome(code="unchanged", part=shown.is_part, classes=[str(lesson.label)])
        return TeachingResult(False, why, stays)
    digests = sorted({item.sha256 for item in shown.held})
    becomes = {
        "is": f"is {_named(datasets, lesson, [lesson.folder])}",
        "is_not": "is a stranger's",
        "not_a_face": "is left out",
    }
    classes = [lesson.folder] if lesson.action == "is" else []
    outcome = TeachingOutcome(
        code=DECIDED[lesson.action],
        part=shown.is_part,
        classes=classes,
        new=_new(datasets, lesson, classes),
    )
    datasets.decide(lesson.dataset, *map(lesson.decision, digests))
    result = _result(f"{has}; from now on it {becomes[lesson.action]}", about, outcome)
    return replace(result, decided=tuple(digests))


def _add(
    datasets: Datasets, lesson: TaughtPicture, about: CorrectedAnswer, shown: RegionPicture
) -> TeachingResult:
    """A picture, or a part of one, that the data set did not have."""
    named = _named(datasets, lesson, [lesson.folder])
    outcome = _added(datasets, lesson, [lesson.folder], shown)
    stored = _store(datasets, lesson, lesson.folder, shown)
    datasets.decide(lesson.dataset, lesson.decision(stored.sha256))
    result = _result(f"The {shown.noun} is now in {lesson.dataset} as {named}", about, outcome)
    return replace(
        result,
        picture=f"{lesson.folder}/{stored.file}",
        added=(stored.sha256,) if stored.new else (),
        decided=(stored.sha256,),
    )


def _result(sentence: str, about: CorrectedAnswer, outcome: TeachingOutcome) -> TeachingResult:
    if about.region is not None:
        return TeachingResult(True, f"{sentence}.", outcome)
    outcome = outcome.model_copy(update={"nothing_found": True})
    return TeachingResult(False, f"{sentence}{NO_REGION}.", outcome)


def _added(
    datasets: Datasets, lesson: TaughtPicture, folders: Sequence[str], shown: RegionPicture
) -> TeachingOutcome:
    """Before it is done, while it can be seen which classes are new."""
    new = _new(datasets, lesson, folders)
    if folders:
        return TeachingOutcome(code="added", part=shown.is_part, classes=[*folders], new=new)
    others = [str(lesson.label)]
    return TeachingOutcome(code="added_without", part=shown.is_part, classes=others)


def _into_classes(
    datasets: Datasets, lesson: TaughtPicture, about: CorrectedAnswer, shown: RegionPicture
) -> TeachingResult:
    """A picture goes to each class that it shows: the very file, where the data set has it, else
    the fresh one.
    """
    held = {item.label: (item.path.name, item.sha256) for item in shown.held}
    folders = lesson.folders(about.named) or ([] if held else [UNKNOWN])
    named = _named(datasets, lesson, folders) if folders else f"not {lesson.label}"
    outcome = _added(datasets, lesson, folders, shown)
    copy = replace(shown, fresh=shown.held[0].path.read_bytes()) if shown.held else shown
    added = set()
    for folder in folders:
        if folder not in held:
            stored = _store(datasets, lesson, folder, copy)
            held[folder] = stored.file, stored.sha256
            added |= {stored.sha256} if stored.new and not shown.held else set()
        also = Decision(held[folder][1], "also", label=folder, by=lesson.by, note=lesson.note)
        datasets.decide(lesson.dataset, also)
    if lesson.action == "is_not":
        digests = sorted({digest for _, digest in held.values()})
        datasets.decide(lesson.dataset, *map(lesson.decision, digests))
    where = folders[0] if folders else next(iter(held))
    why = f"The {shown.noun} is now in {lesson.dataset} as {named}."
    decided = tuple(sorted({digest for _, digest in held.values()}))
    picture = f"{where}/{held[where][0]}"
    return TeachingResult(True, why, outcome, picture, tuple(sorted(added)), decided)


def _store(datasets: Datasets, lesson: TaughtPicture, folder: str, shown: RegionPicture) -> Stored:
    assert shown.fresh is not None
    dataset = lesson.dataset
    if not lesson.create and not datasets.place(dataset).is_dir():
        raise NoDataset(f"There is no data set {dataset!r} yet.")
    if datasets.quota is not None:  # before a data set or class is made for nothing
        datasets.quota.check(dataset, len(shown.fresh))
    with contextlib.suppress(Conflict):  # it is there already, as it mostly is
        datasets.create(dataset)
    with contextlib.suppress(Conflict):
        datasets.create_class(dataset, folder)
    return datasets.store(dataset, folder, shown.fresh, shown.name)


def _named(datasets: Datasets, lesson: TaughtPicture, folders: Sequence[str]) -> str:
    """The classes in words, and which of them the data set did not have.

    A mistyped one is seen so.
    """
    new = _new(datasets, lesson, folders)
    named = " and ".join(folders)
    if not new:
        return named
    if len(folders) == 1:
        return f"{named}, a class that is new there"
    return f"{named}; {' and '.join(new)} {'is' if len(new) == 1 else 'are'} new there"


def _new(datasets: Datasets, lesson: TaughtPicture, folders: Sequence[str]) -> list[str]:
    known = {*datasets.classes(lesson.dataset), *SPECIAL}
    return [folder for folder in folders if folder not in known]


def _known(
    service: Context, datasets: Datasets, lesson: TaughtPicture, about: CorrectedAnswer
) -> tuple[int, int]:
    """How many of the model's classes the data set has, and how many there are: fewer where the
    pictures that it was trained on are elsewhere.
    """
    try:
        bundle = service.models.get(about.answer.model)
    except LikenessError:
        return 0, 0
    hidden = service.models.hidden_labels(bundle)
    labels = {label for label in bundle.labels if label not in hidden and not label.startswith("_")}
    return len(labels & {*datasets.classes(lesson.dataset)}), len(labels)
