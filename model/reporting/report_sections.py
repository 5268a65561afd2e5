"""The sections that every report has: figures named inside the data set, near copies, seconds,
small pictures.
"""

from __future__ import annotations

import base64
import os
import platform
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from data_cleaning.datasets.dataset import Item, digest
from data_cleaning.errors import PictureError
from data_cleaning.imaging.decoding import read
from data_cleaning.imaging.encoding import encode
from data_cleaning.imaging.resizing import shrink
from data_cleaning.version import VERSION
from model.evaluation.figures import Evaluation
from model.recognition.pipeline import PictureRegion
from model.reporting.report import NearCopies, Origin, ReportMaterial, Thumbnail
from model.training.samples import Sample, readable

STAGES = ("decode", "detect", "features", "predict")
THUMBNAIL = 200  # pixels, the longer side

Figures = TypeVar("Figures", bound=Evaluation)


def near_copies(material: ReportMaterial[Any, Any]) -> NearCopies:
    """Groups of near copies, the largest first."""
    truths = {outcome.path: outcome.truth for outcome in material.outcomes}
    members: dict[int, list[Sample]] = defaultdict(list)
    for sample, group in zip(readable(material.samples), material.copies.tolist(), strict=True):
        members[group].append(sample)
    several = sorted((m for m in members.values() if len(m) > 1), key=len, reverse=True)
    mixed = [m for m in several if len({truths[s.path] for s in m}) > 1]
    return NearCopies(
        sum(len(m) for m in several),
        tuple(_names(m, material.root) for m in several),
        tuple(_names(m, material.root) for m in mixed),
    )


def _names(samples: Sequence[Sample], root: Path) -> tuple[str, ...]:
    return tuple(sorted(relative(sample.path, root) for sample in samples))


def stage_means(seconds: Sequence[dict[str, float]]) -> dict[str, float]:
    """Mean seconds a picture by stage, those of STAGES in front; seconds: of each picture.

    Their sum is the time a picture takes, which the sum of medians is not.
    """
    if not seconds:
        return {}
    others = sorted(set().union(*seconds) - set(STAGES))
    return {
        stage: float(np.mean([stages.get(stage, 0.0) for stages in seconds]))
        for stage in (*STAGES, *others)
    }


def origin(material: ReportMaterial[Any, Any]) -> Origin:
    """Where the figures of this moment come from."""
    return Origin(
        made=datetime.now(UTC).isoformat(timespec="seconds"),
        program=VERSION,
        dataset=material.root.resolve().name,
        data_sha256=digest(
            Item(sample.path, label, sample.sha256)
            for sample in material.samples
            for label in sample.classes or {sample.label}
        ),
        version=material.version,
    )


def machine() -> str:
    """The processor that this runs on, and how many cores are there; no name of a host."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        lines = []
    models = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    cores = os.cpu_count() or 1
    name = models[0] if models else platform.machine()
    return f"{cores} {'core' if cores == 1 else 'cores'} of {name or 'an unknown processor'}"


def relative(path: Path, root: Path) -> str:
    """The picture's name inside its data set; a report never holds a path of the machine."""
    if path.is_relative_to(root):
        return path.relative_to(root).as_posix()
    return f"{path.parent.name}/{path.name}"


def relative_figures(figures: Figures, root: Path) -> Figures:
    """The figures, their unreadable files named as `relative` does."""
    named = [replace(file, path=relative(Path(file.path), root)) for file in figures.unreadable]
    return replace(figures, unreadable=tuple(named))


def thumbnail(path: Path, regions: Sequence[PictureRegion], index: int | None) -> Thumbnail | None:
    """One picture made small; index: of the region that spoke, or None.

    None where it is unreadable.
    """
    try:
        image = read(path)
    except (PictureError, OSError):
        return None
    height, width = image.shape[:2]
    box = None
    if index is not None and index < len(regions) and regions[index].detection.kind != "picture":
        d = regions[index].detection
        box = (
            100 * d.x / width,
            100 * d.y / height,
            100 * d.width / width,
            100 * d.height / height,
        )
    data = base64.b64encode(encode(shrink(image, THUMBNAIL)[0], ".jpg", 80)).decode()
    return Thumbnail(f"data:image/jpeg;base64,{data}", box, width, height)
