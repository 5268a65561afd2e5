"""A small real model for the page's tests: it finds squares of pure colour on a black picture, and
names the colours.

Red, green and blue are known, yellow is a stranger. Where a square lies can be read off the
picture, so a box on the page can be held against the pixels under it.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace

import numpy as np

from data_cleaning.errors import BundleMissing
from data_cleaning.imaging import decoding
from data_cleaning.imaging.image import Image
from data_cleaning.imaging.limits import Limits
from model.recognition.manifest import Facts

# Blue, green, red, as everywhere in the project.
NAMES = {"ada_lovelace": (0, 0, 255), "grace_hopper": (0, 255, 0), "zoë-faraday": (255, 0, 0)}
STRANGER = (0, 255, 255)


def squares(image: Image, colour: tuple[int, int, int]) -> tuple[int, int, int, int] | None:
    """x, y, width, height of all pixels within 60 grey levels of the colour, or None."""
    near = (np.abs(image.astype(int) - colour).max(axis=2) < 60).nonzero()
    if near[0].size < 16:
        return None
    (top, bottom), (left, right) = (near[0].min(), near[0].max()), (near[1].min(), near[1].max())
    return int(left), int(top), int(right - left + 1), int(bottom - top + 1)


@dataclass
class Patches:
    """Stands where a Bundle stands. `delay`: seconds an answer takes."""

    name: str = "colours"
    version: int = 1
    labels: tuple[str, ...] = tuple(NAMES)
    directory: Path = Path("no-report-here")
    recipe: SimpleNamespace = field(
        default_factory=lambda: SimpleNamespace(name="patches", subject="face", to_json=lambda: {})
    )
    facts: Facts = field(default_factory=Facts)
    delay: float = 0.0
    multi_label: bool = False
    refuses: bool = True

    def check_weights(self) -> None:
        """It needs none."""

    def recognise(
        self, data: bytes, limits: Limits, *, top_k: int | None = None
    ) -> SimpleNamespace:
        image = decoding.decode(data, limits)
        time.sleep(self.delay)
        found = [self._prediction(image, label) for label in (*self.labels, None)]
        predictions = tuple(prediction for prediction in found if prediction is not None)
        best = predictions[0] if predictions else None
        return SimpleNamespace(
            width=image.shape[1],
            height=image.shape[0],
            predictions=predictions,
            label=best.label if best else None,
            scores=tuple(best.scores.items()) if best else (),
            reason=best.reason if best else "nothing_found",
            note="" if best else "No face was found in this picture.",
            seconds={"decode": 0.0},
            human_detected=None,
            known_answer=None,
            way=None,
        )

    def _prediction(self, image: Image, label: str | None) -> SimpleNamespace | None:
        colour = NAMES.get(label) if label else STRANGER
        box = squares(image, colour) if colour else None
        if box is None:
            return None
        best = label or self.labels[1]
        sure = 0.875 if label else 0.5
        scores = {name: (1 - sure) / (len(self.labels) - 1) for name in self.labels} | {best: sure}
        x, y, width, height = box
        return SimpleNamespace(
            detection=SimpleNamespace(
                x=x, y=y, width=width, height=height, score=0.9, landmarks=None, kind="face"
            ),
            label=label,
            labels=(label,) if label else (),
            best=best,
            probability=sure,
            scores=scores,
            similarity=None,
            acceptance=None,
            reason="known" if label else "unknown",
            note="" if label else "Only one eye was found: less certain.",
            marks=() if label else ("one_eye",),
        )


class Several(Patches):
    """Its pictures carry several classes: the whole picture is the one region, and gets the name of
    every colour.
    """

    def recognise(
        self, data: bytes, limits: Limits, *, top_k: int | None = None
    ) -> SimpleNamespace:
        found = super().recognise(data, limits)
        named = tuple(prediction.label for prediction in found.predictions if prediction.label)
        whole = SimpleNamespace(**vars(found.predictions[0]))
        whole.detection = SimpleNamespace(
            **vars(whole.detection) | {"x": 0, "y": 0, "kind": "picture"}
        )
        whole.detection.width, whole.detection.height = found.width, found.height
        whole.labels, whole.label = named, named[0] if named else None
        whole.scores = {
            label: 0.9 - 0.1 * self.labels.index(label) if label in named else 0.02
            for label in self.labels
        }
        whole.probability = whole.scores[whole.best]
        found.predictions = (whole,)
        return found


class Registry:
    """Every model of a dict, in version 1."""

    def __init__(self, *bundles: Patches) -> None:
        self.bundles = {bundle.name: bundle for bundle in bundles}

    def names(self) -> list[str]:
        return sorted(self.bundles)

    def versions(self, name: str) -> list[int]:
        return [self.load(name).version]

    def active(self, name: str) -> int:
        return self.load(name).version

    def path(self, name: str, version: int) -> Path:
        return self.bundles[name].directory

    def gone(self, name: str) -> bool:
        return name not in self.bundles

    def discard(self, name: str) -> list[int]:
        return [self.bundles.pop(name).version]

    def tidy(self, name: str | None = None) -> int:
        return 0  # nothing lies on a disk

    def load(self, name: str, version: int | None = None) -> Patches:
        if name not in self.bundles:
            raise BundleMissing(f"There is no model named {name}.")
        return self.bundles[name]
