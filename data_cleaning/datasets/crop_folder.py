"""A folder of pictures to a folder of crops: <class>/<picture>.png.

Originals are read, never touched.

Every crop is written aside and renamed; one that exists is kept unless the caller says otherwise.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from data_cleaning.datasets.class_names import NOTHING
from data_cleaning.datasets.dataset import Dataset, Item
from data_cleaning.detection.batch_detection import Detect, shows_eyes
from data_cleaning.detection.crops import square
from data_cleaning.detection.detection import Detection
from data_cleaning.errors import DatasetError, PictureError
from data_cleaning.executors import parallel_map
from data_cleaning.files import write
from data_cleaning.imaging.decoding import read
from data_cleaning.imaging.encoding import encode
from data_cleaning.imaging.image import Image
from data_cleaning.imaging.resizing import resize
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
class CropOptions:
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
class CropResult:
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
    detect: Detect,
    options: CropOptions,
    progress: ProgressCallback | None = None,
) -> list[CropResult]:
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
    results: list[CropResult] = []
    for result in parallel_map(lambda job: _crop(*job, detect, options), jobs):
        results.append(result)
        if progress:
            progress(len(results), len(items))
    return results


def summary(results: Sequence[CropResult]) -> dict[str, dict[str, int]]:
    """How many pictures of each class came to which result."""
    counts: dict[str, Counter[str]] = {}
    for picture in results:
        counts.setdefault(picture.label, Counter())[picture.result] += 1
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


def _crop(item: Item, path: Path, detect: Detect, options: CropOptions) -> CropResult:
    if path.exists() and not options.overwrite:
        return CropResult(item.path, item.label, "kept", (path,))
    try:
        image = read(item.path)
    except (PictureError, OSError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        return CropResult(item.path, item.label, "unreadable", note=reason)
    result, chosen = choose(image, detect(image), options)
    crops = [_numbered(path, number) for number in range(len(chosen))]
    for where, detection in zip(crops, chosen, strict=True):
        if options.overwrite or not where.exists():
            where.parent.mkdir(parents=True, exist_ok=True)
            write(where, encode(_cut(image, detection, options)))
    return CropResult(item.path, item.label, result, tuple(crops))


def choose(
    image: Image, found: Sequence[Detection], options: CropOptions
) -> tuple[str, list[Detection]]:
    """The detections to crop, largest first, and the result as a key of RESULTS."""
    large = [d for d in found if min(d.width, d.height) >= options.smallest]
    passing = [d for d in large if options.any_face or shows_eyes(image, d)]
    if not passing:
        return ("nothing" if not found else "one_eye" if large else "too_small"), []
    passing.sort(key=lambda d: -d.area)
    return "cropped", passing if options.all_faces else passing[:1]


def _cut(image: Image, detection: Detection, options: CropOptions) -> Image:
    if detection.kind == "picture":
        patch = image[
            detection.y : detection.y + detection.height,
            detection.x : detection.x + detection.width,
        ]
        return patch if options.size is None else resize(patch, options.size, options.size)
    side = round(max(detection.width, detection.height) * (1 + 2 * options.margin))
    return square(image, detection, size=options.size or side, margin=options.margin)


def _numbered(path: Path, number: int) -> Path:
    return path if number == 0 else path.with_name(f"{path.stem}-face{number + 1}.png")
