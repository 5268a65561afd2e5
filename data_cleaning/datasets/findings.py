"""What may be wrong with a picture of a data set: the kinds of finding, and findings as data.

Nothing is found here.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass

from data_cleaning.datasets.class_names import NOTHING
from data_cleaning.json_types import JsonObject

Box = tuple[int, int, int, int]
"""x, y, width, height in pixels of the upright picture."""

# Every kind of finding, the gravest first: its title, and what a person can do about it.
KINDS = {
    "copies_across": (
        "The same file in several classes",
        (
            "One picture cannot teach two names. Keep it where it belongs: then every copy counts"
            " for that class."
        ),
    ),
    "near_across": (
        "Nearly the same picture in several classes",
        "Keep it in the class it shows, move or reject the rest.",
    ),
    "wrong_label": (
        "Probably in the wrong class",
        "A model that had not seen the picture is sure of another class.",
    ),
    "unlike": (
        "Unlike the rest of its class",
        "No other picture of the class looks like it: is it somebody else?",
    ),
    "something": (
        "Something found where nothing should be",
        f"Pictures of {NOTHING} should show none of it.",
    ),
    "unreadable": ("Cannot be read", "Training passes the file over. Replace it or reject it."),
    "nothing": (
        "Nothing found",
        (
            "No face (or whatever is looked for): it cannot teach anything. Reject it, or find a"
            " better one."
        ),
    ),
    "several": (
        "Several people",
        "Which one is meant? A picture of one person teaches more; a crop of that person does too.",
    ),
    "small": ("Too small", "There are too few pixels to tell anybody by."),
    "blurred": ("Blurred", "Details that tell people apart are lost."),
    "dark": ("Too dark", "Even its brightest parts are dark."),
    "bright": ("Over-exposed", "Even its darkest parts are bright."),
    "pose": ("Odd pose", "The face is turned far away, or fewer than two eyes can be seen."),
    "copies": (
        "The same file twice in a class",
        (
            "It counts twice. A decision is about the file wherever it lies: rejecting it rejects"
            " every copy."
        ),
    ),
    "near": (
        "Nearly the same pictures",
        "Harmless: they stay on one side of every test. They teach little more than one of them.",
    ),
}


@dataclass(frozen=True)
class Finding:
    """Something that may be wrong with one picture.

    kind: a key of KINDS. picture: its path below the data set. score: 0 to 1, how grave, for the
    order alone. group: number of the group of copies it belongs to. suggestion: the class it may
    belong to. box: x, y, width, height in pixels of the upright picture.
    """

    kind: str
    picture: str
    label: str
    sha256: str
    note: str
    score: float = 0.5
    group: int | None = None
    suggestion: str | None = None
    box: Box | None = None


@dataclass(frozen=True)
class LabelDoubt:
    """A model's doubt of the label of one picture.

    kind: "wrong_label" or "unlike". score: 0 to 1. suggestion: the class it may belong to.
    """

    kind: str
    sha256: str
    label: str
    note: str
    score: float
    suggestion: str | None

    @classmethod
    def from_json(cls, row: JsonObject) -> LabelDoubt:
        """A row of `python -m model labels --json`. Raises ValueError, KeyError, TypeError."""
        if row["kind"] not in ("wrong_label", "unlike"):
            raise ValueError(f"there is no kind {row['kind']!r}")
        return cls(
            row["kind"],
            row["sha256"],
            row["label"],
            row["note"],
            float(row["score"]),
            row["suggestion"],
        )


@dataclass(frozen=True)
class Audit:
    """What was found out about a data set.

    pictures: how many there are. classes: pictures by class. findings: gravest first.
    """

    pictures: int
    classes: dict[str, int]
    findings: tuple[Finding, ...]

    @property
    def flagged(self) -> int:
        """How many pictures have a finding."""
        return len({f.picture for f in self.findings})

    @property
    def problems(self) -> dict[str, int]:
        """How many pictures have each kind of finding, also those that none has."""
        return {kind: len({f.picture for f in self.findings if f.kind == kind}) for kind in KINDS}

    def to_json(self) -> JsonObject:
        return {
            "format": 1,
            "pictures": self.pictures,
            "classes": self.classes,
            "flagged": self.flagged,
            "problems": self.problems,
            "findings": [asdict(f) for f in self.findings],
        }
