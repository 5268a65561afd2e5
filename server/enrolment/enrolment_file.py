"""What one model has been told since its training, as it lies in a file: examples, and whom trained
examples show by now.

Plain data; what becomes of it is in enrolled_examples.py.
"""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass, field, replace

import numpy as np

from data_cleaning.json_types import JsonObject
from model.recognition.enrolling import Example, MovedExample


@dataclass(frozen=True)
class Added:
    """An example, and when it was added, in milliseconds since 1970."""

    example: Example
    time: int

    def to_json(self) -> JsonObject:
        one = self.example
        features = base64.b64encode(one.features.astype("<f4").tobytes()).decode()
        return {"label": one.label, "source": one.source, "features": features, "time": self.time}

    @classmethod
    def from_json(cls, row: JsonObject) -> Added:
        features = np.frombuffer(base64.b64decode(row["features"]), "<f4").astype(np.float32)
        return cls(Example(row["label"], row["source"], features), row["time"])


@dataclass(frozen=True)
class Moved:
    """A trained example that shows somebody else by now, or nobody; and since when."""

    example: MovedExample
    time: int

    def to_json(self) -> JsonObject:
        one = self.example
        return {"label": one.label, "source": one.source, "to": one.to, "time": self.time}

    @classmethod
    def from_json(cls, row: JsonObject) -> Moved:
        return cls(MovedExample(row["source"], row["label"], row["to"]), row["time"])


@dataclass(frozen=True)
class Enrolment:
    """recipe: of a model that no training has made yet; else "". changed: when somebody last added
    or moved anything; asked: when a training was last asked for. Milliseconds since 1970.
    """

    recipe: str = ""
    added: tuple[Added, ...] = ()
    moved: tuple[Moved, ...] = field(default=())
    changed: int = 0
    asked: int = 0

    def to_json(self) -> str:
        return json.dumps(
            {
                "recipe": self.recipe,
                "added": [one.to_json() for one in self.added],
                "moved": [one.to_json() for one in self.moved],
                "changed": self.changed,
                "asked": self.asked,
            }
        )

    @classmethod
    def from_json(cls, text: str) -> Enrolment:
        """Raises KeyError, TypeError or ValueError on data of another shape."""
        row = json.loads(text)
        return cls(
            row["recipe"],
            tuple(map(Added.from_json, row["added"])),
            tuple(map(Moved.from_json, row["moved"])),
            row["changed"],
            row["asked"],
        )

    @property
    def is_empty(self) -> bool:
        """Whether it says nothing that the trained model does not."""
        return not self.added and not self.moved

    @property
    def examples(self) -> tuple[Example, ...]:
        return tuple(one.example for one in self.added)

    @property
    def elsewhere(self) -> tuple[MovedExample, ...]:
        return tuple(one.example for one in self.moved)

    def with_example(self, example: Example, time: int) -> Enrolment:
        """The same with one more; the same picture and name twice is one."""
        others = [one for one in self.added if not _is(one.example, example.source, example.label)]
        return replace(self, added=(*others, Added(example, time)), changed=time)

    def moving(self, trained: tuple[tuple[str, str], ...], to: str | None, time: int) -> Enrolment:
        """The same after trained examples, each by source and label, began to show `to`."""
        gone = set(trained)
        others = [m for m in self.moved if (m.example.source, m.example.label) not in gone]
        fresh = [Moved(MovedExample(source, label, to), time) for source, label in trained]
        return replace(self, moved=(*others, *fresh), changed=time)

    def without_example(self, source: str, label: str, time: int) -> Enrolment:
        """The same without an added example."""
        left = tuple(one for one in self.added if not _is(one.example, source, label))
        return replace(self, added=left, changed=time)

    def renamed(self, old: str, new: str, time: int) -> Enrolment:
        """The same with another name for a class, of added and of moved examples."""
        added = tuple(
            replace(one, example=replace(one.example, label=new))
            if one.example.label == old
            else one
            for one in self.added
        )
        moved = tuple(
            Moved(replace(one.example, to=new), time) if one.example.to == old else one
            for one in self.moved
        )
        return replace(self, added=added, moved=moved, changed=time)

    def forgetting(self, label: str) -> Enrolment:
        """The same without a class: of trained examples that show it by another name it is kept
        that they show nobody.
        """
        added = tuple(one for one in self.added if one.example.label != label)
        moved = tuple(
            replace(one, example=replace(one.example, to=None)) if one.example.to == label else one
            for one in self.moved
            if one.example.label != label
        )
        return replace(self, added=added, moved=moved)


def _is(example: Example, source: str, label: str) -> bool:
    return example.source == source and example.label == label
