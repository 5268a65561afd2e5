"""Same person or not: the protocol of Labeled Faces in the Wild, so that figures can be held
against the literature.

No classifier is trained: two pictures are one person's when the features of their faces are similar
enough.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from data_cleaning.datasets.dataset import Item
from data_cleaning.errors import DatasetError
from data_cleaning.files import sha256_of_file
from data_cleaning.imaging.decoding import SUFFIXES, read
from data_cleaning.json_types import JsonObject
from data_cleaning.progress import ProgressCallback
from model.evaluation.figures import Unreadable
from model.evaluation.plain_data import fields_of
from model.recipes.features import Features, unit
from model.recipes.recipe import Recipe
from model.training.samples import Sample, samples


@dataclass(frozen=True)
class Pair:
    """Two pictures, each by its person's name and number; same: are they one person's? fold: from
    0.
    """

    first: tuple[str, int]
    second: tuple[str, int]
    same: bool
    fold: int


def read_pairs(path: Path) -> list[Pair]:
    """The pairs of a file in LFW's "view 2" format: "folds<TAB>n", then for each fold n same and n
    different pairs.

    A same pair is "name i j", a different one "name i name j". Raises DatasetError, naming the
    line. Source: Huang et al., "Labeled Faces in the Wild", 2007.
    """
    try:
        lines = [
            line.split("\t") if "\t" in line else line.split()
            for line in path.read_text("utf-8").splitlines()
        ]
    except (OSError, UnicodeDecodeError) as error:
        raise DatasetError(f"The pairs file {path} cannot be read: {error}.") from error
    lines = [[part.strip() for part in line] for line in lines if line]
    if not lines or len(lines[0]) != 2 or not all(part.isdecimal() for part in lines[0]):
        raise DatasetError(
            f"The first line of {path} must be two numbers: how many folds, how many pairs of a"
            " kind."
        )
    folds, pairs = (int(part) for part in lines[0])
    if folds < 2 or pairs < 1 or len(lines) != 1 + folds * 2 * pairs:
        raise DatasetError(
            f"{path} promises {folds} folds of 2 x {pairs} pairs, that is {folds * 2 * pairs} lines"
            f" (at least 2 folds); it has {len(lines) - 1}."
        )
    return [
        _pair(path, number, line, number // (2 * pairs)) for number, line in enumerate(lines[1:])
    ]


def _pair(path: Path, number: int, parts: list[str], fold: int) -> Pair:
    try:
        if len(parts) == 3:
            return Pair((parts[0], int(parts[1])), (parts[0], int(parts[2])), True, fold)
        if len(parts) == 4:
            return Pair((parts[0], int(parts[1])), (parts[2], int(parts[3])), False, fold)
    except ValueError:
        pass
    raise DatasetError(f"Line {number + 2} of {path} is no pair: {' '.join(parts)[:80]!r}.")


def locate_pictures(pairs: Sequence[Pair], root: Path) -> dict[tuple[str, int], Path]:
    """PICTURES/<name>/<name>_0001.jpg (any suffix, any number of zeros) for each picture that the
    pairs name.

    Raises DatasetError, listing some, where any is missing.
    """
    wanted = sorted({end for pair in pairs for end in (pair.first, pair.second)})
    found: dict[tuple[str, int], Path] = {}
    for name in sorted({name for name, _ in wanted}):
        folder = root / name
        if not folder.is_dir():
            continue
        for path in sorted(folder.iterdir()):
            number = re.fullmatch(re.escape(name) + r"_0*(\d+)", path.stem)
            if number and path.suffix.lower() in SUFFIXES:
                found.setdefault((name, int(number[1])), path)
    missing = [
        f"{name}/{name}_{number:04d}" for name, number in wanted if (name, number) not in found
    ]
    if missing:
        raise DatasetError(
            f"{len(missing)} of {len(wanted)} pictures of the pairs are not in {root}; "
            f"the first: {', '.join(missing[:3])}."
        )
    return {end: found[end] for end in wanted}


@dataclass(frozen=True)
class VerificationFigures:
    """What the protocol measures.

    accuracy: mean over the folds, each at the threshold that is best on the others; standard_error:
    of that mean. A pair in which a picture shows no face or cannot be read is answered wrongly:
    failures counts them, not_found and unreadable name the pictures. auc: area under the ROC curve
    over the other pairs.
    """

    pairs: int
    folds: int
    pictures: int
    recipe: str
    accuracy: float
    standard_error: float
    fold_accuracies: tuple[float, ...]
    threshold: float
    auc: float | None
    failures: int
    not_found: tuple[str, ...]
    unreadable: tuple[Unreadable, ...]
    seconds_per_picture: float | None

    def to_json(self) -> JsonObject:
        return fields_of(self)


def verify(
    pairs_file: Path, root: Path, recipe: Recipe, progress: ProgressCallback | None = None
) -> VerificationFigures:
    """Run the protocol. Raises DatasetError."""
    pairs = read_pairs(pairs_file)
    paths = locate_pictures(pairs, root)
    items = [Item(path, name, sha256_of_file(path)) for (name, _), path in paths.items()]
    measured = samples(items, recipe, progress)
    vectors = {end: central(sample) for end, sample in zip(paths, measured, strict=True)}
    scores = np.array([_similarity(vectors[p.first], vectors[p.second]) for p in pairs])
    same, fold = np.array([p.same for p in pairs]), np.array([p.fold for p in pairs])
    accuracies, thresholds = fold_accuracies(scores, same, fold)
    seconds = [sum(s.seconds.values()) for s in measured if not s.error]
    return VerificationFigures(
        pairs=len(pairs),
        folds=len(accuracies),
        pictures=len(measured),
        recipe=recipe.name,
        accuracy=float(np.mean(accuracies)),
        standard_error=float(np.std(accuracies, ddof=1) / np.sqrt(len(accuracies))),
        fold_accuracies=tuple(accuracies),
        threshold=float(np.mean(thresholds)),
        auc=area_under_curve(scores, same),
        failures=int(np.isnan(scores).sum()),
        not_found=tuple(sorted(_short(s.path) for s in measured if not s.error and not s.views)),
        unreadable=tuple(Unreadable(_short(s.path), s.error) for s in measured if s.error),
        seconds_per_picture=float(np.mean(seconds)) if seconds else None,
    )


def central(sample: Sample) -> Features | None:
    """Features of the region nearest to the picture's middle, the mean of its views at length 1;
    None without one.

    LFW's pictures are centred on the person that they are named after.
    """
    if not sample.views:
        return None
    height, width = read(sample.path).shape[:2]
    boxes = [r.detection for r in sample.regions]
    distances = [
        np.hypot(d.x + (d.width - width) / 2, d.y + (d.height - height) / 2) for d in boxes
    ]
    return unit(sample.views[int(np.argmin(distances))].mean(axis=0))


def _similarity(first: Features | None, second: Features | None) -> float:
    """Cosine, -1 to 1; NaN where either picture has no face."""
    return float("nan") if first is None or second is None else float(first @ second)


def fold_accuracies(
    scores: NDArray[np.float64], same: NDArray[np.bool_], fold: NDArray[np.int64]
) -> tuple[list[float], list[float]]:
    """For each fold the share of right answers at the threshold that is best on all others, and
    that threshold.

    scores: NaN where a pair cannot be compared; such a pair is wrong and no threshold is chosen on
    it.
    """
    accuracies, thresholds = [], []
    for number in sorted(set(fold.tolist())):
        others = (fold != number) & ~np.isnan(scores)
        threshold = best_threshold(scores[others], same[others])
        mine = fold == number
        right = ((scores[mine] >= threshold) == same[mine]) & ~np.isnan(scores[mine])
        accuracies.append(float(right.mean()))
        thresholds.append(threshold)
    return accuracies, thresholds


def best_threshold(scores: NDArray[np.float64], same: NDArray[np.bool_]) -> float:
    """The threshold with the most right answers, midway between two scores; of several best ones
    the middle one.
    """
    if len(scores) == 0:
        return 0.0
    order = np.argsort(scores, kind="stable")
    ranked, truth = scores[order], same[order]
    right = np.concatenate([[truth.sum()], truth.sum() + np.cumsum(np.where(truth, -1, 1))])
    cuts = np.concatenate([[ranked[0] - 1e-6], (ranked[:-1] + ranked[1:]) / 2, [ranked[-1] + 1e-6]])
    possible = np.concatenate([[True], ranked[:-1] < ranked[1:], [True]])
    best = np.flatnonzero(possible & (right == right[possible].max()))
    return float(cuts[best[len(best) // 2]])


def area_under_curve(scores: NDArray[np.float64], same: NDArray[np.bool_]) -> float | None:
    """Probability that a same pair scores higher than a different one (a tie counts half); None
    without both.
    """
    known = ~np.isnan(scores)
    positive, negative = scores[known & same], np.sort(scores[known & ~same])
    if not len(positive) or not len(negative):
        return None
    below = np.searchsorted(negative, positive, "left") + np.searchsorted(
        negative, positive, "right"
    )
    return float(below.mean() / 2 / len(negative))


def _short(path: Path) -> str:
    return f"{path.parent.name}/{path.name}"
