"""What a bundle says about itself: manifest.json, and the facts of its training in it.

Typed here and nowhere else. Keys that are not known stay, so that a newer bundle loses nothing.
Writing the same data gives the same bytes.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from pathlib import Path
from typing import TypeVar

from data_cleaning.errors import BundleBroken
from data_cleaning.json_types import JsonObject
from model.recognition.naming.presence_judge import PresenceJudge
from model.recognition.naming.recogniser import Acceptance

FORMAT = 1
MANIFEST = "manifest.json"


@dataclass(frozen=True)
class RecordedTrial:
    """One classifier that was tried: its score over the folds, best parameters and seconds."""

    name: str
    score: float
    spread: float
    parameters: Mapping[str, object]
    fit_seconds: float
    search_seconds: float
    extra: JsonObject = field(default_factory=dict)


@dataclass(frozen=True)
class RecordedFigures:
    """Figures of the cross-validation that a version was saved with.

    accuracy, ece: None where no picture was answered. accuracy_interval: of 95 %.
    """

    pictures: int = 0
    correct: int = 0
    accuracy: float | None = None
    accuracy_interval: tuple[float, float] | None = None
    failure_to_acquire: float | None = None
    ece: float | None = None
    extra: JsonObject = field(default_factory=dict)

    @classmethod
    def of(cls, figures: Mapping[str, object]) -> RecordedFigures:
        """Of all figures of a report those that are recorded."""
        return cls.from_json({name: figures[name] for name in _names(cls)})

    @classmethod
    def from_json(cls, data: Mapping[str, object]) -> RecordedFigures:
        figures = _typed(cls, data)
        interval = figures.accuracy_interval
        return (
            replace(figures, accuracy_interval=(interval[0], interval[1])) if interval else figures
        )


@dataclass(frozen=True)
class Facts:
    """How a version came about. None is a fact that was not recorded.

    trained: the time, ISO 8601, UTC. dataset: the folder's name. pictures: of each label.
    data_sha256: of all labels and pictures. examples: rows that were trained on. trials: of
    classifiers. attempts: of recipes, where it was chosen by trying. options: of the training.
    holds: in sentences, what of the training pictures is in the bundle. enrolled: examples in the
    gallery. versions: of the libraries. seconds: that the training took. extra: keys that are not
    known here. verdict: what it came to: the sentence, whether it is fit for use, the classes it
    names. choice: which recipe was taken and why, where nobody said; choice_code: the same for
    programs.
    """

    trained: str | None = None
    dataset: str | None = None
    pictures: Mapping[str, int] | None = None
    data_sha256: str | None = None
    examples: int | None = None
    classifier: str | None = None
    trials: tuple[RecordedTrial, ...] | None = None
    attempts: tuple[JsonObject, ...] | None = None
    options: JsonObject | None = None
    acceptance: Acceptance | None = None
    crossval: RecordedFigures | None = None
    holds: str | None = None
    enrolled: int | None = None
    versions: Mapping[str, str] | None = None
    multi_label: bool | None = None
    seconds: float | None = None
    verdict: JsonObject | None = None
    choice: str | None = None
    choice_code: str | None = None
    extra: JsonObject = field(default_factory=dict)

    def to_json(self) -> JsonObject:
        """Plain data in the order in which it was always written; what is None is left out."""
        plain = asdict(self)
        if self.trials is not None:
            plain["trials"] = [_flat(row) for row in plain["trials"]]
        if self.crossval is not None:
            plain["crossval"] = _flat(plain["crossval"])
        return {_KEYS.get(k, k): value for k, value in _flat(plain).items() if value is not None}

    @classmethod
    def from_json(cls, data: JsonObject) -> Facts:
        """Raises TypeError or ValueError on data of another shape."""
        named = {_FIELDS.get(key, key): value for key, value in data.items()}
        if "trials" in named:
            named["trials"] = tuple(_typed(RecordedTrial, row) for row in named["trials"])
        if "attempts" in named:
            named["attempts"] = tuple(named["attempts"])
        if named.get("acceptance"):
            named["acceptance"] = Acceptance(**named["acceptance"])
        if named.get("crossval"):
            named["crossval"] = RecordedFigures.from_json(named["crossval"])
        return _typed(cls, named)


_KEYS = {"attempts": "auto", "options": "wishes"}  # of the file, where it calls them otherwise
_FIELDS = {key: name for name, key in _KEYS.items()}
T = TypeVar("T", Facts, RecordedFigures, RecordedTrial)


def _names(kind: type[Facts] | type[RecordedFigures] | type[RecordedTrial]) -> list[str]:
    return [f.name for f in fields(kind) if f.name != "extra"]


def _typed(kind: type[T], data: Mapping[str, object]) -> T:
    """An instance of a type with `extra`, in which lie the keys that it does not know."""
    rest: JsonObject = dict(data)
    known = {name: rest.pop(name) for name in _names(kind) if name in rest}
    return kind(**known, extra=rest)


def _flat(row: JsonObject) -> JsonObject:
    """The fields of such an instance as one object again."""
    extra = row.pop("extra")
    return {**row, **extra}


@dataclass(frozen=True)
class Manifest:
    """manifest.json of one version.

    recipe: as it was written, so that it can be shown although its detector is known no more.
    thresholds: of each class, where a picture may carry several. sources: sha256 of the picture of
    each enrolled example. files: sha256 by name. extra: keys that are not known here.
    """

    name: str
    version: int
    recipe: JsonObject
    labels: tuple[str, ...]
    acceptance: Acceptance
    thresholds: tuple[float, ...]
    presence_judge: PresenceJudge | None
    sources: tuple[str, ...]
    facts: Facts
    files: Mapping[str, str]
    format: int = FORMAT
    extra: JsonObject = field(default_factory=dict)

    @property
    def multi_label(self) -> bool:
        """Whether a picture may carry several of the classes, each a question of its own."""
        return bool(self.thresholds)

    def to_json(self) -> JsonObject:
        judge = self.presence_judge
        return {
            "format": self.format,
            "name": self.name,
            "version": self.version,
            "recipe": self.recipe,
            "labels": list(self.labels),
            "acceptance": asdict(self.acceptance),
            "thresholds": list(self.thresholds),
            "nobody": asdict(judge) if judge else None,
            "sources": list(self.sources),
            "facts": self.facts.to_json(),
            "files": dict(self.files),
            **self.extra,
        }

    @classmethod
    def from_json(cls, data: JsonObject) -> Manifest:
        """Raises KeyError, TypeError or ValueError on data of another shape."""
        rest = dict(data)
        judge = rest.pop("nobody", None)
        return cls(
            name=rest.pop("name"),
            version=rest.pop("version"),
            recipe=rest.pop("recipe"),
            labels=tuple(rest.pop("labels")),
            acceptance=Acceptance(**rest.pop("acceptance")),
            thresholds=tuple(rest.pop("thresholds", ())),
            presence_judge=PresenceJudge(**judge) if judge else None,
            sources=tuple(rest.pop("sources")),
            facts=Facts.from_json(rest.pop("facts")),
            files=rest.pop("files"),
            format=rest.pop("format"),
            extra=rest,
        )

    def write(self, path: Path) -> None:
        path.write_text(json.dumps(self.to_json(), indent=1, ensure_ascii=False))


def read_manifest(directory: Path) -> Manifest:
    """The manifest of a version's folder; its files are not looked at. Raises BundleBroken."""
    where = f"{directory.parent.name}/{directory.name}"
    try:
        data = json.loads((directory / MANIFEST).read_text("utf-8"))
        written_as, _ = data["format"], data["files"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise BundleBroken(f"The model in {where} has no readable {MANIFEST}.") from error
    if written_as != FORMAT:
        raise BundleBroken(
            f"The model in {where} has format {written_as!r}; this version reads {FORMAT}."
        )
    try:
        return Manifest.from_json(data)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise BundleBroken(f"The model in {where} cannot be read: {error}") from error
