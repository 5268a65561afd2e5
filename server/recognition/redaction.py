"""A person who asked to be forgotten is not named any more, from that moment on and not only after
the retraining.

A rule holds for the versions that knew the person; later ones were trained without them, or with
their new consent.
"""

from __future__ import annotations

import dataclasses
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from data_cleaning.files import sha256_of_bytes, write
from model.recognition.predictions import Prediction, Reason, Recognition
from model.recognition.protocols import RecognitionModel
from server.storage.database import lock


@dataclass(frozen=True)
class Rule:
    """A label is not named by versions up to `version` of `model`. digest: its sha256, for the name
    must not stay.
    """

    model: str
    version: int
    digest: str

    @classmethod
    def of(cls, model: str, version: int, label: str) -> Rule:
        return cls(model, version, _digest(label))


class ErasedNames:
    """path: a small JSON file, read again whenever it changed."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._read: tuple[int, tuple[Rule, ...]] = (0, ())

    def rules(self) -> tuple[Rule, ...]:
        try:
            changed = self.path.stat().st_mtime_ns
        except FileNotFoundError:
            return ()
        if changed != self._read[0]:
            self._read = (
                changed,
                tuple(Rule(**each) for each in json.loads(self.path.read_text("utf-8"))),
            )
        return self._read[1]

    def add(self, rule: Rule) -> None:
        self._change({rule}, set())

    def spent(self, model: str, oldest: int) -> None:
        """Drop the rules of a model whose oldest version left is younger than they.

        Only while no process answers: one that has loaded an older version still needs them."""
        self._change(
            set(), {rule for rule in self.rules() if rule.model == model and rule.version < oldest}
        )

    def deleted(self, model: str) -> None:
        """Drop the rules of a model that is no more: another one of its name counts its versions
        from 1 again.
        """
        self._change(set(), {rule for rule in self.rules() if rule.model == model})

    def _change(self, more: set[Rule], less: set[Rule]) -> None:
        with lock(self.path.with_suffix(".lock")):
            everything = ({*self.rules()} | more) - less
            write(self.path, json.dumps([dataclasses.asdict(each) for each in everything]))


def hidden_labels(bundle: RecognitionModel, rules: tuple[Rule, ...]) -> set[str]:
    """The labels of a bundle that must not be named."""
    digests = {
        rule.digest
        for rule in rules
        if rule.model == bundle.name and bundle.version <= rule.version
    }
    return {label for label in bundle.labels if _digest(label) in digests} if digests else set()


def _digest(label: str) -> str:
    return sha256_of_bytes(label.encode())


def without(value: Any, hidden: set[str]) -> Any:
    """JSON-able facts without what is named so."""
    if isinstance(value, dict):
        return {key: without(each, hidden) for key, each in value.items() if key not in hidden}
    if isinstance(value, list | tuple):
        return [
            without(each, hidden)
            for each in value
            if not (isinstance(each, str) and each in hidden)
        ]
    return value


def masked(
    bundle: RecognitionModel, recognition: Recognition, hidden: set[str]
) -> tuple[tuple[str, ...], Recognition]:
    """(labels, recognition) without the forgotten: their regions become unknown, their scores are
    shared out, but for classes that are questions of their own."""
    if not hidden:
        return bundle.labels, recognition
    labels = tuple(label for label in bundle.labels if label not in hidden)
    kept = tuple(
        _without(each, hidden, bundle.multi_label) for each in recognition.predictions if labels
    )
    changes: dict[str, Any] = {"predictions": kept}
    if recognition.label in hidden:
        named = next((each.label for each in kept if each.label is not None), None)
        changes |= {"label": named, "reason": Reason.KNOWN if named else Reason.UNKNOWN, "note": ""}
    shown = changes.get("label", recognition.label)
    speaker = next((each for each in kept if each.label == shown), kept[0] if kept else None)
    scores = sorted(speaker.scores.items(), key=lambda pair: -pair[1]) if speaker else []
    return labels, dataclasses.replace(recognition, **changes, scores=tuple(scores))


def _without(prediction: Prediction, hidden: set[str], apart: bool) -> Prediction:
    left = {label: score for label, score in prediction.scores.items() if label not in hidden}
    total = 1.0 if apart else sum(left.values())
    shared = {label: score / total if total else 1 / len(left) for label, score in left.items()}
    named = tuple(label for label in prediction.labels if label not in hidden)
    best = named[0] if named else max(shared, key=lambda label: shared[label])
    changes: dict[str, Any] = {
        "scores": shared,
        "best": best,
        "probability": shared[best],
        "labels": named,
    }
    if prediction.best in hidden:
        changes |= {"label": named[0] if named else None, "similarity": None, "note": ""}
        changes |= {"reason": Reason.KNOWN if named else Reason.UNKNOWN}
    return dataclasses.replace(prediction, **changes)
