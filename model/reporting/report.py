"""The report of a training or an evaluation, as plain data: what `report.json` holds and `page`
shows.

Gathers numbers that others computed; draws nothing. A report of one's own model shows its worst
mistakes as small pictures; nothing else in it can show anybody.
"""

from __future__ import annotations

import base64
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

from data_cleaning.datasets.dataset import UNKNOWN
from data_cleaning.errors import PictureError
from data_cleaning.imaging.decoding import read
from data_cleaning.imaging.encoding import encode
from data_cleaning.imaging.resizing import shrink
from model.evaluation.curves import learning_curve, score_histograms, tradeoff, verdict
from model.evaluation.metrics import PictureOutcome, reliability
from model.recipes.recipe import Recipe
from model.recognition.pipeline import PictureRegion
from model.recognition.recogniser import RegionAnswer, class_numbers
from model.reporting.advice import advice
from model.training.fit import FittedTraining
from model.training.samples import Sample, readable

FORMAT = 1
STAGES = ("decode", "detect", "features", "predict")
MISTAKES = 12
THUMBNAIL = 200  # pixels, the longer side

Answer = TypeVar(
    "Answer", covariant=True
)  # PictureOutcome, or MultilabelOutcome where a picture may carry several classes


@dataclass(frozen=True)
class Material(Generic[Answer]):
    """What a report is made of.

    kind: "training", "crossval" or "evaluation". root: the data set's folder; pictures are named
    relative to it. samples: all of it, unreadable ones too. copies: near-copy group of each
    readable one. strangers: outcomes of further people who were no part of the data set. facts: of
    the bundle, {} where there is none. private: show no picture of anybody.
    """

    kind: str
    name: str
    root: Path
    recipe: Recipe
    figures: dict[str, Any]
    outcomes: Sequence[Answer]
    samples: Sequence[Sample]
    copies: NDArray[np.int64]
    strangers: Sequence[Answer] = ()
    facts: dict[str, Any] = field(default_factory=dict)
    training: FittedTraining | None = None
    private: bool = False


def build(material: Material[PictureOutcome]) -> dict[str, Any]:
    """The whole report but its small pictures, JSON-able."""
    report = {
        "format": FORMAT,
        "kind": material.kind,
        "name": material.name,
        "recipe": material.recipe.to_json(),
        "facts": material.facts,
        "figures": relative_figures(material.figures, material.root),
        "reliability": reliability([o for o in material.outcomes if not o.truth.startswith("_")]),
        "unknown": unknown_chart(material),
        "mistakes": [_mistake(one, material.root) for one in worst(material)],
        "near_copies": near_copy_groups(material),
        "seconds": stage_medians([o.seconds for o in material.outcomes]),
        "not_found": not_found(material.outcomes),
        "private": material.private,
    }
    if material.training:
        rows = material.training.rows
        chosen = next(t for t in material.training.searches if t.name == material.training.chosen)
        curve = learning_curve(rows, class_numbers(rows.labels)[1], chosen)
        report["learning"] = {"curve": curve, "verdict": verdict(curve)}
    report["advice"] = advice(report)
    return report


def unknown_chart(material: Material[PictureOutcome]) -> dict[str, Any] | None:
    """Curve, chosen point and score histograms: over strangers' pictures, else over what training
    held out.
    """
    figures = material.figures.get("unknown")
    if figures:
        known = [o for o in material.outcomes if not o.truth.startswith("_")]
        strange = list(material.strangers) or [o for o in material.outcomes if o.truth == UNKNOWN]
        return {
            "basis": f"{figures['strangers']} pictures of strangers",
            "curve": figures["curve"],
            "chosen": [figures["fpir"], figures["fnir"]],
            "threshold": figures["threshold"],
            "histograms": score_histograms(_scores(known), _scores(strange)),
        }
    if material.training is None or material.training.held_out is None:
        return None
    held, acceptance = material.training.held_out, material.training.recogniser.acceptance
    return {
        "basis": acceptance.basis,
        "curve": tradeoff(held),
        "chosen": [acceptance.fpir, acceptance.fnir],
        "threshold": acceptance.threshold,
        "histograms": score_histograms(held.known.tolist(), held.strangers.tolist()),
    }


def _scores(outcomes: Sequence[PictureOutcome]) -> list[float]:
    return [o.candidate.acceptance for o in outcomes if o.candidate]


def worst(material: Material[PictureOutcome]) -> list[PictureOutcome]:
    """The mistakes to look at first: wrong names, the surest first; then known people refused; then
    nothing found.
    """
    wrong = [o for o in [*material.outcomes, *material.strangers] if _is_wrong(o)]
    return sorted(_once(wrong), key=lambda o: (o.label is None, not o.found, -_surety(o)))[
        :MISTAKES
    ]


def _is_wrong(one: PictureOutcome) -> bool:
    return one.label is not None if one.truth.startswith("_") else one.label != one.truth


def _surety(one: PictureOutcome) -> float:
    return one.best.acceptance - one.threshold if one.best else 0.0


def _once(outcomes: Sequence[PictureOutcome]) -> list[PictureOutcome]:
    """Each picture once: several folds answer the same stranger."""
    return list({o.path: o for o in sorted(outcomes, key=_surety)}.values())


def _mistake(one: PictureOutcome, root: Path) -> dict[str, Any]:
    best = one.best
    return {
        "picture": relative(one.path, root),
        "truth": one.truth,
        "answer": one.label,
        "best": best.best if best else None,
        "probability": best.probability if best else None,
        "similarity": best.similarity if best else None,
        "reason": best.reason if best else "nothing_found",
    }


def thumbnails(material: Material[PictureOutcome]) -> list[dict[str, Any] | None]:
    """For each of the worst mistakes a small JPEG as a data URL and the box of the region that
    spoke, in percent.

    Nothing at all where the report is private.
    """
    if material.private:
        return []
    boxes = {s.path: s.regions for s in material.samples}
    return [
        thumbnail(o.path, boxes.get(o.path, ()), _index(o.named, o.best)) for o in worst(material)
    ]


def thumbnail(
    path: Path, regions: Sequence[PictureRegion], index: int | None
) -> dict[str, Any] | None:
    """One picture as `thumbnails` gives them; index: of the region that spoke, or None.

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
        box = [
            100 * d.x / width,
            100 * d.y / height,
            100 * d.width / width,
            100 * d.height / height,
        ]
    data = base64.b64encode(encode(shrink(image, THUMBNAIL)[0], ".jpg", 80)).decode()
    return {
        "source": f"data:image/jpeg;base64,{data}",
        "box": box,
        "width": width,
        "height": height,
    }


def _index(named: Sequence[RegionAnswer], best: RegionAnswer | None) -> int | None:
    return next((i for i, n in enumerate(named) if n is best), None)


def near_copy_groups(material: Material[Any]) -> dict[str, Any]:
    """Groups of near copies: how many pictures they hold, their files, and which groups span
    several classes.
    """
    members: dict[int, list[Sample]] = defaultdict(list)
    for one, group in zip(readable(material.samples), material.copies.tolist(), strict=True):
        members[group].append(one)
    several = sorted((m for m in members.values() if len(m) > 1), key=len, reverse=True)
    return {
        "pictures": sum(len(m) for m in several),
        "groups": [sorted(relative(s.path, material.root) for s in m) for m in several],
        "across_classes": [
            sorted(relative(s.path, material.root) for s in m)
            for m in several
            if len({s.label for s in m}) > 1
        ],
    }


def stage_medians(seconds: Sequence[dict[str, float]]) -> dict[str, float]:
    """Median seconds a picture by stage, in the order of STAGES; seconds: of each picture."""
    return {s: float(np.median([one.get(s, 0.0) for one in seconds])) for s in STAGES if seconds}


def not_found(outcomes: Sequence[PictureOutcome]) -> dict[str, int]:
    """For each known class, in how many of its pictures nothing was found."""
    missed = Counter(o.truth for o in outcomes if not o.found and not o.truth.startswith("_"))
    return {
        label: missed[label]
        for label in sorted({o.truth for o in outcomes if not o.truth.startswith("_")})
    }


def relative(path: Path, root: Path) -> str:
    """The picture's name inside its data set; a report never holds a path of the machine."""
    return (
        path.relative_to(root).as_posix()
        if path.is_relative_to(root)
        else f"{path.parent.name}/{path.name}"
    )


def relative_figures(figures: dict[str, Any], root: Path) -> dict[str, Any]:
    """The figures, their unreadable files named as `relative` does."""
    bad = [
        {**entry, "path": relative(Path(entry["path"]), root)} for entry in figures["unreadable"]
    ]
    return {**figures, "unreadable": bad}
