"""A folder of pictures to a folder of crops: <class>/<picture>.png.

Originals are read, never touched.

Every crop is written aside and renamed; one that exists is kept unless the caller says otherwise.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from data_cleaning.datasets.dataset import NOTHING, Dataset, Item
from data_cleaning.detection.batch_detection import Find, each, shows_eyes
from data_cleaning.detection.crops import square
from data_cleaning.detection.detection import Detection
from data_cleaning.errors import DatasetError, PictureError
from data_cleaning.files import write
from data_cleaning.imaging.images import Image, encode, read, resize
from data_cleaning.progress import ProgressCallback

# What can become of a picture, in the order in which the summary tells it, and what a person can do
# about it.
RESULTS = {
    "cropped": ("cropped", ""),
    "kept": ("have their crops already", "--overwrite makes them again"),
    "nothing": (
        "show nothing that the detector finds",
        "another --detector may find more, or the picture shows nobody",
    ),
    "one_eye": ("show a face without two eyes", "--any crops these too"),
    "too_small": (
        "show only faces that are too small",
        "--smallest sets the least size; better are larger pictures",
    ),
    "unreadable": ("could not be read", "replace or remove the file"),
}


@dataclass(frozen=True)
class Wishes:
    """What a person may choose about cropping.

    size: side of the crops in pixels, or None for as large as they are in the picture. margin: what
    is added all round, as a part of the side. all_faces: every face that passes, not the largest
    alone. any_face: also faces without two eyes. smallest: least side, in source pixels. overwrite:
    replace crops that exist.
    """

    size: int | None = None
    margin: float = 0.0
    all_faces: bool = False
    any_face: bool = False
    smallest: int = 24
    overwrite: bool = False


@dataclass(frozen=True)
class Cropped:
    """What became of one picture: a key of RESULTS, the crops written, and for an unreadable one
    why.
    """

    path: Path
    label: str
    result: str
    crops: tuple[Path, ...] = ()
    note: str = ""


def crop_folder(
    source: Path,
    target: Path,
    find: Find,
    wishes: Wishes,
    progress: ProgressCallback | None = None,
) -> list[Cropped]:
    """Crop every picture of a data set into `target`, obeying the decisions made about it.

    Raises DatasetError where `source` is no data set or `target` lies inside it.
    """
    items = [item for item in Dataset(source).items() if item.label != NOTHING]
    if target.resolve().is_relative_to(source.resolve()):
        raise DatasetError(
            f"{target} lies inside {source}: the crops would become part of what they are cut from."
        )
    if target.exists() and not target.is_dir():
        raise DatasetError(f"{target} is a file; crops need a folder.")
    jobs = list(zip(items, _names(items, source, target), strict=True))
    done: list[Cropped] = []
    for one in each(lambda job: _crop(*job, find, wishes), jobs):
        done.append(one)
        if progress:
            progress(len(done), len(items))
    return done


def summary(results: Sequence[Cropped]) -> dict[str, dict[str, int]]:
    """How many pictures of each class came to which result."""
    counts: dict[str, Counter[str]] = {}
    for one in results:
        counts.setdefault(one.label, Counter())[one.result] += 1
    return {label: {r: counts[label][r] for r in RESULTS} for label in sorted(counts)}


def _names(items: Sequence[Item], source: Path, target: Path) -> list[Path]:
    """Where each picture's crop goes: <class>/<picture>.png; 1.jpg and 1.png beside each other keep
    their suffixes.
    """
    plain = [target / item.label / _inside(item, source).with_suffix(".png") for item in items]
    several = Counter(plain)
    full = [
        path.with_name(f"{item.path.name}.png") for path, item in zip(plain, items, strict=True)
    ]
    return [f if several[p] > 1 else p for p, f in zip(plain, full, strict=True)]


def _inside(item: Item, source: Path) -> Path:
    """The picture's path below its class folder."""
    return Path(*item.path.relative_to(source).parts[1:])


def _crop(item: Item, path: Path, find: Find, wishes: Wishes) -> Cropped:
    if path.exists() and not wishes.overwrite:
        return Cropped(item.path, item.label, "kept", (path,))
    try:
        image = read(item.path)
    except (PictureError, OSError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        return Cropped(item.path, item.label, "unreadable", note=reason)
    result, chosen = choose(image, find(image), wishes)
    crops = [_numbered(path, number) for number in range(len(chosen))]
    for where, detection in zip(crops, chosen, strict=True):
        if wishes.overwrite or not where.exists():
            where.parent.mkdir(parents=True, exist_ok=True)
            write(where, encode(_cut(image, detection, wishes)))
    return Cropped(item.path, item.label, result, tuple(crops))


def choose(image: Image, found: Sequence[Detection], wishes: Wishes) -> tuple[str, list[Detection]]:
    """The detections to crop, largest first, and the result as a key of RESULTS."""
    large = [d for d in found if min(d.width, d.height) >= wishes.smallest]
    passing = [d for d in large if wishes.any_face or shows_eyes(image, d)]
    if not passing:
        return ("nothing" if not found else "one_eye" if large else "too_small"), []
    passing.sort(key=lambda d: -d.area)
    return "cropped", passing if wishes.all_faces else passing[:1]


def _cut(image: Image, detection: Detection, wishes: Wishes) -> Image:
    if detection.kind == "picture":
        patch = image[
            detection.y : detection.y + detection.height,
            detection.x : detection.x + detection.width,
        ]
        return patch if wishes.size is None else resize(patch, wishes.size, wishes.size)
    side = round(max(detection.width, detection.height) * (1 + 2 * wishes.margin))
    return square(image, detection, size=wishes.size or side, margin=wishes.margin)


def _numbered(path: Path, number: int) -> Path:
    return path if number == 0 else path.with_name(f"{path.stem}-face{number + 1}.png")
