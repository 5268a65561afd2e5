"""A data set measured once: every picture's regions and features in memory. Nothing is fitted here.

Training, cross-validation and evaluation all start from these, so a picture is decoded and searched
once.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from data_cleaning.datasets.class_names import NOTHING, UNKNOWN
from data_cleaning.datasets.dataset import Item
from data_cleaning.errors import DatasetError, PictureError
from data_cleaning.executors import parallel_map
from data_cleaning.imaging.decoding import load
from data_cleaning.imaging.image import Image
from data_cleaning.imaging.limits import DISK_LIMITS
from data_cleaning.imaging.near_duplicates import HASH_BYTES, difference_hash, groups
from data_cleaning.progress import ProgressCallback
from model.recipes.augmentation import Augmentation
from model.recipes.features import Features
from model.recipes.recipe import Recipe
from model.recognition.pipeline import (
    PictureRegion,
    Stopwatch,
    crop_features,
    crop_region,
    detect_regions,
    measured_views,
)

# of more pictures than this only the first view trains: mirror images add time, and nothing else
MANY = 3000


@dataclass(frozen=True)
class Sample:
    """One picture: its regions, best first, and each one's features, shape (views, d).

    extra: for each region the features of altered crops, shape (copies, d), for training alone;
    empty without. hash: edges for near duplicates (uint8, shape (128,)). error: why it could not be
    read, or None. group: the name that the data set's groups.csv gives it, or None. classes: all
    that the picture carries, where it may carry several.
    """

    path: Path
    label: str
    sha256: str
    regions: tuple[PictureRegion, ...] = ()
    views: tuple[Features, ...] = ()
    hash: NDArray[np.uint8] = field(default_factory=lambda: np.zeros(HASH_BYTES, np.uint8))
    seconds: dict[str, float] = field(default_factory=dict)
    error: str | None = None
    group: str | None = None
    extra: tuple[Features, ...] = ()
    classes: frozenset[str] = frozenset()


NO_AUGMENTATION = Augmentation()


def sample(item: Item, recipe: Recipe, augment: Augmentation = NO_AUGMENTATION) -> Sample:
    """Look at one picture and measure every region, and altered crops of it where they are asked
    for.
    """
    watch = Stopwatch()
    try:
        detected = detect_regions(load(item.path), recipe, DISK_LIMITS, watch)
    except (PictureError, OSError) as error:
        return Sample(item.path, item.label, item.sha256, error=str(error), group=item.group)
    with watch.stage("features"):
        views = measured_views(detected, recipe)
    extra = tuple(
        _altered(detected.image, region, recipe, augment, item.sha256)
        for region in detected.regions
        if augment
    )
    return Sample(
        item.path,
        item.label,
        item.sha256,
        detected.regions,
        views,
        difference_hash(detected.image),
        watch.seconds,
        group=item.group,
        extra=extra,
    )


def _altered(
    image: Image, region: PictureRegion, recipe: Recipe, augment: Augmentation, sha256: str
) -> Features:
    chips = augment.altered(crop_region(image, region.detection, recipe), sha256)
    return np.stack([crop_features(chip, recipe) for chip in chips])


def samples(
    items: Sequence[Item],
    recipe: Recipe,
    progress: ProgressCallback | None = None,
    augment: Augmentation = NO_AUGMENTATION,
) -> list[Sample]:
    """`sample` for all, by the executor in force, in the items' order."""
    done: list[Sample] = []
    for measured in parallel_map(partial(sample, recipe=recipe, augment=augment), items):
        done.append(measured)
        if progress:
            progress(len(done), len(items))
    return done


def readable(all_samples: Sequence[Sample]) -> list[Sample]:
    """Those whose picture could be read."""
    return [s for s in all_samples if s.error is None]


def usable(all_samples: Sequence[Sample]) -> list[Sample]:
    """The same, to work on.

    Raises DatasetError where there are pictures and none of them could be read.
    """
    good = readable(all_samples)
    if all_samples and not good:
        first = all_samples[0]
        raise DatasetError(
            f"None of the pictures could be read ({len(all_samples)}). The first one,"
            f" {first.path.name}: {first.error}"
        )
    return good


def near_copies(all_samples: Sequence[Sample]) -> NDArray[np.int64]:
    """A group number for each sample; near copies share one, and so do pictures that a person
    grouped.
    """
    return groups([s.hash for s in all_samples], names=[s.group for s in all_samples])


@dataclass(frozen=True)
class TrainingSet:
    """Readable pictures to learn from.

    copies: near-copy group of each, shape (n,). labels: the classes that must be learnt, where a
    picture may carry several; else empty, and those of the samples are learnt.
    """

    samples: Sequence[Sample]
    copies: NDArray[np.int64]
    labels: tuple[str, ...] = ()

    def subset(self, index: NDArray[np.int64]) -> TrainingSet:
        """The pictures of an index."""
        return TrainingSet([self.samples[i] for i in index], self.copies[index], self.labels)

    def unaltered(self) -> TrainingSet:
        """The same without altered crops."""
        plain = [replace(sample, extra=()) for sample in self.samples]
        return replace(self, samples=plain)


@dataclass(frozen=True)
class MeasuredDataset:
    """A data set's pictures, each measured. readable: those that could be read."""

    items: Sequence[Item]
    samples: Sequence[Sample]
    readable: TrainingSet

    @classmethod
    def of(
        cls, items: Sequence[Item], all_samples: Sequence[Sample], labels: tuple[str, ...] = ()
    ) -> MeasuredDataset:
        """Raises DatasetError where there are pictures and none of them could be read."""
        good = usable(all_samples)
        return cls(items, all_samples, TrainingSet(good, near_copies(good), labels))

    @property
    def unreadable(self) -> list[Sample]:
        """Those that could not be read."""
        return [sample for sample in self.samples if sample.error]


@dataclass(frozen=True)
class Rows:
    """What classifiers are fitted on.

    features: float32, shape (n, d). labels: n class names, `_unknown` among them. sources: for each
    row the sha256 of its picture. groups: near-copy group of its picture, shape (n,). altered: is
    it an altered crop, which nothing may be measured on? bool, shape (n,). inside: the features as
    the classifiers see them, shape (n, k); empty until a basis is fitted. scores: the detector's,
    of each row's region, shape (n,). reserves: by how much more alike each row's region must be,
    shape (n,), 0 up.
    """

    features: Features
    labels: tuple[str, ...]
    sources: tuple[str, ...]
    groups: NDArray[np.int64]
    inside: Features = field(default_factory=lambda: np.zeros((0, 0), np.float32))
    altered: NDArray[np.bool_] = field(default_factory=lambda: np.zeros(0, bool))
    scores: NDArray[np.float64] = field(default_factory=lambda: np.zeros(0))
    reserves: NDArray[np.float64] = field(default_factory=lambda: np.zeros(0))

    def __post_init__(self) -> None:
        if not len(self.altered):
            object.__setattr__(self, "altered", np.zeros(len(self.groups), bool))
        if not len(self.scores):
            object.__setattr__(self, "scores", np.ones(len(self.groups)))
        if not len(self.reserves):
            object.__setattr__(self, "reserves", np.zeros(len(self.groups)))

    def subset(self, index: NDArray[np.int64] | NDArray[np.bool_]) -> Rows:
        """The rows of an index or a mask."""
        numbers = np.arange(len(self.labels))[index]
        labels, sources = (
            tuple(names[i] for i in numbers) for names in (self.labels, self.sources)
        )
        inside = self.inside[index] if len(self.inside) else self.inside
        plain = (self.altered[index], self.scores[index], self.reserves[index])
        return Rows(self.features[index], labels, sources, self.groups[index], inside, *plain)


def training_rows(
    all_samples: Sequence[Sample],
    copies: NDArray[np.int64],
    recipe: Recipe,
    chosen: Mapping[int, int] | None = None,
) -> Rows:
    """One region of each picture of a class (all regions of a stranger's), every view a row.

    chosen: {sample index: region index} of the pictures of classes, where somebody chose already.

    Pictures without a region give no rows, and those of `_none` only where the classifier judges
    them: all regions.
    """
    picks = list((_choose(all_samples, recipe) if chosen is None else chosen).items())
    others = (UNKNOWN, NOTHING) if recipe.judging else (UNKNOWN,)
    picks += [
        (i, r)
        for i, s in enumerate(all_samples)
        if s.label in others
        for r, views in enumerate(s.views)
        if len(views)
    ]
    picks.sort()
    most = 1 if len(picks) > MANY else None
    features = [
        np.concatenate([views[r][:most] for views in _all_views(all_samples[i])]) for i, r in picks
    ]
    plain = [len(all_samples[i].views[r][:most]) for i, r in picks]
    repeats = [len(v) for v in features]
    pictures = [i for (i, _), count in zip(picks, repeats, strict=True) for _ in range(count)]
    regions = [all_samples[i].regions[r] for i, r in picks]
    sides = [max(region.quality.side, recipe.smallest) for region in regions]
    if not features:
        raise DatasetError(
            f"In none of the {len(all_samples)} pictures was there a {recipe.subject} to learn"
            " from."
        )
    return Rows(
        features=np.concatenate(features),
        labels=tuple(all_samples[i].label for i in pictures),
        sources=tuple(all_samples[i].sha256 for i in pictures),
        groups=copies[pictures],
        altered=np.concatenate([np.arange(n) >= p for n, p in zip(repeats, plain, strict=True)]),
        scores=np.repeat([region.detection.score for region in regions], repeats),
        reserves=np.repeat([recipe.reserve(side) for side in sides], repeats),
    )


def _all_views(sample: Sample) -> list[tuple[Features, ...]]:
    """What each region gives to learn from: its views, then its altered crops, if any."""
    return [sample.views, sample.extra] if sample.extra else [sample.views]


def _choose(all_samples: Sequence[Sample], recipe: Recipe) -> dict[int, int]:
    """For each picture of a class, which of its regions shows that class: {sample index: region
    index}.
    """
    known = [i for i, s in enumerate(all_samples) if s.label not in (UNKNOWN, NOTHING) and s.views]
    first = dict.fromkeys(
        known, 0
    )  # the regions come best first: with two eyes, then by the detector's score
    return _most_alike(all_samples, first) if recipe.gallery == "features" else first


def _most_alike(all_samples: Sequence[Sample], first: dict[int, int]) -> dict[int, int]:
    """In each picture the region most like the other pictures' choices of that class.

    The largest face is somebody else's in one web picture of twenty. Two passes settle nearly all.
    """
    chosen = dict(first)
    for _ in range(2):
        for label in {all_samples[i].label for i in first}:
            members = [i for i in first if all_samples[i].label == label]
            if len(members) < 3:
                continue
            centre = {i: all_samples[i].views[chosen[i]].mean(axis=0) for i in members}
            total = np.sum(list(centre.values()), axis=0)
            for i in members:
                others = total - centre[i]
                alike = [float(v.mean(axis=0) @ others) for v in all_samples[i].views]
                chosen[i] = int(np.argmax(alike))
    return chosen
