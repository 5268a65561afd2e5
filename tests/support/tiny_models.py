"""A small real registry for the server's tests: it finds patches between dark columns and tells
them by their colour.

Three colours are enrolled; greys are strangers; a nearly black picture has nothing in it. Versions
live in files, with the pointer swapped by a rename, as the project's own registry does.
"""

from __future__ import annotations

import shutil
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from data_cleaning.errors import BundleBroken, BundleMissing
from data_cleaning.imaging import decoding
from data_cleaning.imaging.image import Image
from data_cleaning.imaging.limits import Limits
from model.recognition.manifest import Facts

COLOURS = {"blue": (255, 0, 0), "green": (0, 255, 0), "red": (0, 0, 255)}


@dataclass(frozen=True)
class Detection:
    x: int
    y: int
    width: int
    height: int
    score: float
    landmarks: None = None
    kind: str = "picture"


@dataclass(frozen=True)
class Prediction:
    detection: Detection
    label: str | None
    best: str
    probability: float
    scores: dict[str, float]
    similarity: float | None
    reason: str
    note: str = ""
    marks: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()
    acceptance: float | None = None


@dataclass(frozen=True)
class Recognition:
    width: int
    height: int
    predictions: tuple[Prediction, ...]
    label: str | None
    scores: tuple[tuple[str, float], ...]
    reason: str
    note: str
    seconds: dict[str, float]
    human_detected: bool | None = None
    known_answer: None = None
    way: None = None


@dataclass(frozen=True)
class Recipe:
    name: str = "mean-colour"
    subject: str = "object"

    def to_json(self) -> dict[str, str]:
        return {"name": self.name}


@dataclass(frozen=True)
class Bundle:
    name: str
    version: int
    labels: tuple[str, ...]
    directory: Path
    recipe: Recipe
    facts: Facts
    delay: float = 0.0
    multi_label: bool = False
    refuses: bool = True

    def check_weights(self) -> None:
        """It needs none."""

    def recognise(self, data: bytes, limits: Limits, *, top_k: int | None = None) -> Recognition:
        begun = time.perf_counter()
        image = decoding.decode(data, limits)
        decoded = time.perf_counter()
        if self.delay:
            time.sleep(self.delay)
        height, width = image.shape[:2]
        found = tuple(self._told(image[:, left:right], left) for left, right in _patches(image))
        seconds = {"decode": decoded - begun, "predict": time.perf_counter() - decoded}
        if not found:
            return Recognition(
                width, height, (), None, (), "nothing_found", "Nothing was found.", seconds
            )
        first = max(found, key=lambda prediction: prediction.similarity or 0)
        ranked = tuple(sorted(first.scores.items(), key=lambda pair: -pair[1]))
        return Recognition(width, height, found, first.label, ranked, first.reason, "", seconds)

    def _told(self, patch: Image, left: int) -> Prediction:
        height, width = patch.shape[:2]
        mean = patch.reshape(-1, 3).astype(np.float64).mean(axis=0)
        distances = np.array([np.linalg.norm(mean - COLOURS[label]) for label in self.labels])
        weights = np.exp(-distances / 40)
        scores = {
            label: float(w / weights.sum()) for label, w in zip(self.labels, weights, strict=True)
        }
        best = max(scores, key=lambda label: scores[label])
        label = best if distances.min() < 150 else None
        box = Detection(left, 0, width, height, 1.0)
        similarity = 1 - float(distances.min()) / 442
        named = (label,) if label else ()
        return Prediction(
            box,
            label,
            best,
            scores[best],
            scores,
            similarity,
            "known" if label else "unknown",
            labels=named,
        )


def _patches(image: Image) -> list[tuple[int, int]]:
    """Left and right ends of what lies between dark columns; less than 3 pixels wide is nothing."""
    bright = np.concatenate([[False], image.max(axis=2).mean(axis=0) >= 20, [False]])
    ends = np.flatnonzero(bright[1:] != bright[:-1]).reshape(-1, 2)
    return [(int(left), int(right)) for left, right in ends if right - left >= 3]


class TinyRegistry:
    """artifacts/<name>/<version>/labels and artifacts/<name>/active.

    A version whose file says `broken` is refused.
    """

    def __init__(self, root: Path, delay: float = 0.0) -> None:
        self.root, self.delay = root, delay

    def add(
        self, name: str, version: int, labels: tuple[str, ...] = ("blue", "green", "red")
    ) -> None:
        folder = self.root / name / str(version)
        folder.mkdir(parents=True)
        (folder / "labels").write_text(" ".join(labels))
        (folder / "report.html").write_text(f"<html><title>{name} {version}</title></html>")
        if not (self.root / name / "active").exists():
            self.promote(name, version)

    def names(self) -> list[str]:
        return sorted(path.parent.name for path in self.root.glob("*/active"))

    def versions(self, name: str) -> list[int]:
        return sorted(int(path.name) for path in self.path(name).iterdir() if path.name.isdigit())

    def active(self, name: str) -> int:
        try:
            return int((self.root / name / "active").read_text())
        except OSError:
            raise BundleMissing(f"There is no model named {name}.") from None

    def path(self, name: str, version: int | None = None) -> Path:
        folder = self.root / name
        if not folder.is_dir():
            raise BundleMissing(f"There is no model named {name}.")
        return folder if version is None else folder / str(version)

    def load(self, name: str, version: int | None = None) -> Bundle:
        version = self.active(name) if version is None else version
        folder = self.path(name, version)
        if not folder.is_dir():
            raise BundleMissing(f"The model {name} has no version {version}.")
        labels = (folder / "labels").read_text().split()
        if labels == ["broken"]:
            raise BundleBroken(f"The labels of {name} {version} are broken.")
        return Bundle(
            name,
            version,
            tuple(labels),
            folder,
            Recipe(),
            Facts(pictures=dict.fromkeys(labels, 1), extra={"classes": len(labels)}),
            self.delay,
        )

    def promote(self, name: str, version: int) -> None:
        self.load(name, version)
        part = self.root / name / "active.part"
        part.write_text(str(version))
        part.replace(self.root / name / "active")

    def rollback(self, name: str) -> int:
        older = [version for version in self.versions(name) if version < self.active(name)]
        if not older:
            raise BundleMissing(f"The model {name} has no version before {self.active(name)}.")
        self.promote(name, older[-1])
        return older[-1]

    def discard(self, name: str) -> list[int]:
        versions = self.versions(name)
        shutil.rmtree(self.root / name)
        return versions

    def gone(self, name: str) -> bool:
        return self.root.is_dir() and not (self.root / name).is_dir()

    def remove(self, name: str, version: int) -> None:
        self.load(name, version)
        shutil.rmtree(self.path(name, version))

    def tidy(self, name: str | None = None) -> int:
        return 0
