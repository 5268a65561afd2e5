"""What may be wrong with the pictures of a data set: findings, never changes.

Every rule here is advice for a person. Limits are stated in units that do not depend on a data set;
what was decided about a picture settles it.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from data_cleaning.datasets.class_names import NOTHING, UNKNOWN
from data_cleaning.datasets.dataset import Dataset, Item
from data_cleaning.datasets.findings import KINDS, Audit, Box, Finding, LabelDoubt
from data_cleaning.detection.batch_detection import Detect
from data_cleaning.detection.crops import Quality, quality
from data_cleaning.detection.detection import Detection
from data_cleaning.errors import PictureError
from data_cleaning.executors import parallel_map
from data_cleaning.imaging.decoding import read
from data_cleaning.imaging.near_duplicates import HASH_BYTES, difference_hash, groups
from data_cleaning.progress import ProgressCallback

SMALL = 64  # pixels: a picture with a shorter side has hardly a face worth learning in it
SIMILAR_SIZE = 0.6  # several people: the second one's side, as a part of the largest one's

_MARKS = {
    "small": "small",
    "blurred": "blurred",
    "dark": "dark",
    "bright": "bright",
    "turned": "pose",
    "one_eye": "pose",
}


@dataclass(frozen=True)
class InspectedPicture:
    """One picture as it was seen: size in pixels, its regions largest first, its edges, or why it
    cannot be read.
    """

    item: Item
    width: int = 0
    height: int = 0
    regions: tuple[tuple[Detection, Quality], ...] = ()
    hash: NDArray[np.uint8] = field(default_factory=lambda: np.zeros(HASH_BYTES, np.uint8))
    error: str | None = None


def inspect_picture(item: Item, detect: Detect, eyes: bool) -> InspectedPicture:
    """Look at one picture; with `eyes`, count the eyes of faces without landmarks."""
    try:
        image = read(item.path)
    except (PictureError, OSError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        return InspectedPicture(item, error=reason)
    found = sorted(detect(image), key=lambda d: -d.area)
    regions = tuple(
        (d, quality(image, d, eyes=eyes and d.kind == "face" and d.landmarks is None))
        for d in found
    )
    return InspectedPicture(item, image.shape[1], image.shape[0], regions, difference_hash(image))


def inspect_dataset(
    items: Sequence[Item], detect: Detect, progress: ProgressCallback | None = None
) -> list[InspectedPicture]:
    """`inspect_picture` for all, on all cores, in order."""
    pictures: list[InspectedPicture] = []
    for picture in parallel_map(partial(inspect_picture, detect=detect, eyes=True), items):
        pictures.append(picture)
        if progress:
            progress(len(pictures), len(items))
    return pictures


def find_problems(
    root: Path, pictures: Sequence[InspectedPicture], doubts: Iterable[LabelDoubt] = ()
) -> list[Finding]:
    """All findings about a data set, gravest first; pictures that somebody decided about have none.

    doubts: what `python -m model labels` says.
    """
    settled = set(Dataset(root).latest_decisions())
    found = [f for picture in pictures for f in _of_one(root, picture)]
    found += _exact_copies(root, pictures)
    found += _near_copies(root, pictures)
    found += _suspected(root, pictures, doubts)
    order = list(KINDS)
    found.sort(
        key=lambda f: (
            order.index(f.kind),
            f.group if f.group is not None else -1,
            -f.score,
            f.picture,
        )
    )
    return [f for f in found if f.sha256 not in settled or not f.sha256]


def audit_dataset(
    root: Path, pictures: Sequence[InspectedPicture], doubts: Iterable[LabelDoubt] = ()
) -> Audit:
    """How many pictures each class has, and all findings about them."""
    classes = Counter(picture.item.label for picture in pictures)
    findings = find_problems(root, pictures, doubts)
    return Audit(len(pictures), dict(sorted(classes.items())), tuple(findings))


def _finding(root: Path, picture: InspectedPicture, kind: str, note: str, score: float) -> Finding:
    item = picture.item
    path = item.path.relative_to(root).as_posix()
    return Finding(kind, path, item.label, item.sha256, note, score)


def _of_one(root: Path, picture: InspectedPicture) -> list[Finding]:
    """What can be said of a picture by itself."""
    if picture.error is not None:
        return [_finding(root, picture, "unreadable", picture.error, 1.0)]
    found = []
    if min(picture.width, picture.height) < SMALL:
        note = f"The picture is {picture.width} x {picture.height} pixels."
        found.append(
            _finding(
                root, picture, "small", note, score=1 - min(picture.width, picture.height) / SMALL
            )
        )
    if picture.item.label == NOTHING:
        return found + _something(root, picture)
    if not picture.regions:
        return [*found, _finding(root, picture, "nothing", "Nothing was found in it.", 1.0)]
    return found + _several(root, picture) + _marked(root, picture, {f.kind for f in found})


def _something(root: Path, picture: InspectedPicture) -> list[Finding]:
    """In `_none` nothing may be found; the whole picture as a region is no discovery."""
    found = [d for d, _ in picture.regions if d.kind != "picture"]
    if not found:
        return []
    note = f"{len(found)} found where there should be none."
    finding = _finding(root, picture, "something", note, min(1.0, found[0].score))
    return [replace(finding, box=_box(found[0]))]


def _several(root: Path, picture: InspectedPicture) -> list[Finding]:
    """Is the largest region hardly larger than the next? Of strangers there may be many."""
    sides = [max(d.width, d.height) for d, _ in picture.regions]
    similar = [s for s in sides[1:] if s >= SIMILAR_SIZE * sides[0]]
    if not similar or picture.item.label == UNKNOWN:
        return []
    note = f"{len(similar) + 1} of about the same size."
    finding = _finding(root, picture, "several", note, similar[0] / sides[0])
    return [replace(finding, box=_box(picture.regions[0][0]))]


def _marked(root: Path, picture: InspectedPicture, known: set[str]) -> list[Finding]:
    """What is wrong with the largest region."""
    detection, measured = picture.regions[0]
    kinds = {_MARKS[mark] for mark in measured.marks()} - known
    if detection.kind == "picture":
        kinds &= {"blurred", "dark", "bright"}
    notes = {
        "small": (f"The face is {measured.side} pixels wide.", 1 - measured.side / SMALL),
        "blurred": (
            f"Sharpness {measured.sharpness:.2f}; from 0.35 on it looks sharp.",
            1 - measured.sharpness,
        ),
        "dark": (
            f"Its brightest parts have level {measured.brightest:.0f} of 255.",
            1 - measured.brightest / 255,
        ),
        "bright": (
            f"Its darkest parts have level {measured.darkest:.0f} of 255.",
            measured.darkest / 255,
        ),
        "pose": (_pose(measured), min(1.0, measured.turn if measured.turn is not None else 0.5)),
    }
    return [
        replace(_finding(root, picture, kind, note, score), box=_box(detection))
        for kind, (note, score) in notes.items()
        if kind in kinds
    ]


def _pose(measured: Quality) -> str:
    if measured.turn is not None:
        return f"The nose lies {measured.turn:.1f} eye distances from the middle of the eyes."
    return "Fewer than two eyes can be seen."


def _exact_copies(root: Path, pictures: Sequence[InspectedPicture]) -> list[Finding]:
    """Files with the same bytes, within a class and across classes."""
    same: dict[str, list[InspectedPicture]] = defaultdict(list)
    for picture in pictures:
        if picture.item.sha256:
            same[picture.item.sha256].append(picture)
    found = []
    for number, members in enumerate([m for m in same.values() if len(m) > 1], 1):
        labels = sorted({m.item.label for m in members})
        kind = "copies_across" if len(labels) > 1 else "copies"
        note = f"This file is here {len(members)} times, in {', '.join(labels)}."
        found += [replace(_finding(root, m, kind, note, 1.0), group=number) for m in members]
    return found


def _near_copies(root: Path, pictures: Sequence[InspectedPicture]) -> list[Finding]:
    """Pictures that look the same and are not the same file; the largest of each group first."""
    good = [picture for picture in pictures if picture.error is None]
    numbers = groups([picture.hash for picture in good])
    members: dict[int, list[InspectedPicture]] = defaultdict(list)
    for picture, number in zip(good, numbers, strict=True):
        members[int(number)].append(picture)
    found = []
    alike = [m for m in members.values() if len({picture.item.sha256 for picture in m}) > 1]
    for number, group in enumerate(alike, 1):
        labels = sorted({picture.item.label for picture in group})
        kind = "near_across" if len(labels) > 1 else "near"
        group.sort(key=lambda picture: -picture.width * picture.height)
        largest = group[0].width * group[0].height
        for picture in group:
            note = f"One of {len(group)} near copies, {picture.width} x {picture.height} pixels."
            score = picture.width * picture.height / max(largest, 1)
            found.append(replace(_finding(root, picture, kind, note, score), group=number))
    return found


def _suspected(
    root: Path, pictures: Sequence[InspectedPicture], doubts: Iterable[LabelDoubt]
) -> list[Finding]:
    """The doubts of a model, for the pictures that are here with the label it doubted."""
    here = {(picture.item.sha256, picture.item.label): picture for picture in pictures}
    found = []
    for doubt in doubts:
        picture = here.get((doubt.sha256, doubt.label))
        if picture is not None:
            box = _box(picture.regions[0][0]) if picture.regions else None
            finding = _finding(root, picture, doubt.kind, doubt.note, doubt.score)
            found.append(replace(finding, suggestion=doubt.suggestion, box=box))
    return found


def _box(detection: Detection) -> Box | None:
    if detection.kind == "picture":
        return None
    return detection.x, detection.y, detection.width, detection.height
