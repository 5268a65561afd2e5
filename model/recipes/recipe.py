"""A recipe: every choice that can change an answer, as plain data. Nothing here touches a picture.

It is saved in the bundle as JSON and is the only source at serving time. The presets lie in
presets.py.
"""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from data_cleaning.detection.crops import CROPS, TEMPLATES
from data_cleaning.detection.detectors import DETECTORS
from data_cleaning.errors import RecipeError
from data_cleaning.json_types import JsonObject
from model.recipes.features import FEATURES

_PLAIN = 80  # pixels: from this side on a face is as plain as it gets to an embedding of 150 pixels
SUBJECTS = ("face", "person", "object")


Option: TypeAlias = bool | int | float | str
"""The value of an option of a detector, a crop or a feature."""


@dataclass(frozen=True)
class Step:
    """One function of a table, by name, with its keyword options."""

    name: str
    options: Mapping[str, Option] = field(default_factory=dict)

    def to_json(self) -> JsonObject:
        return {"name": self.name, "options": dict(self.options)}


@dataclass(frozen=True)
class Recipe:
    """How a picture becomes numbers.

    subject: "face", "person" or "object": what a region is.
    detector, crop, features: steps of DETECTORS, CROPS and FEATURES; several features are stacked
        in order.
    eyes: look for two eyes in each face, and prefer faces that show them.
    mirror: train on each crop and on its mirror image, and answer by the mean of both.
    judges: where there are enough pictures of `_none`, what was found in them trains a class of its
        own, and the classifier has a say in whether a region shows anybody. Needs the option
        doubtful of its detector.
    closed: the classes are taken to be all there is: where the data has no `_unknown` pictures and
        nobody asked for a rate of strangers, nothing is refused for being unlike the examples.
    smallest: a region with a shorter side of fewer source pixels gets no name: it is too small to
        tell.
    skip_small: nor are its features measured, which saves their time.
    caution: how much more alike than others a region must be for each time that its side halves
        below 80 pixels, in cosine. In small faces an embedding sees what all faces share, so that
        strangers look alike.
    fpir: the part of strangers, 0 to 1, that may be given a name unless somebody asks for another.
    gallery: "features" compares with enrolled examples in the feature space, "discriminant" in a
        space of few dimensions fitted to tell the classes apart, from which no picture can be read
        back.

    Raises RecipeError on a name that is in no table or an option that its function does not take.
    """

    name: str
    subject: str
    detector: Step
    crop: Step
    features: tuple[Step, ...]
    eyes: bool = False
    mirror: bool = False
    gallery: str = "features"
    smallest: int = 24
    caution: float = 0.0
    closed: bool = False
    judges: bool = False
    fpir: float = 0.01
    skip_small: bool = False

    def __post_init__(self) -> None:
        if self.subject not in SUBJECTS:
            raise RecipeError(
                f"There is no subject {self.subject!r}; it must be one of {', '.join(SUBJECTS)}."
            )
        if self.gallery not in ("features", "discriminant"):
            raise RecipeError(
                f"There is no gallery {self.gallery!r}; it must be features or discriminant."
            )
        _bind("detector", self.detector, {name: d.function for name, d in DETECTORS.items()})
        _bind("crop", self.crop, CROPS)
        template = self.crop.options.get("template", "dlib")
        if template not in TEMPLATES:
            raise RecipeError(
                f"There is no template {template!r}; there are {', '.join(TEMPLATES)}."
            )
        if self.subject == "person" and "threshold" not in self.detector.options:
            raise RecipeError(
                "A recipe for people needs the option threshold of its detector: training may"
                " move it."
            )
        if not self.features:
            raise RecipeError("A recipe needs at least one feature.")
        for step in self.features:
            _bind("feature", step, {name: f.function for name, f in FEATURES.items()})

    @property
    def role(self) -> bool:
        """Is a class a role?

        Then taking somebody else for it is as bad as missing it; with faces it is far worse.
        """
        return self.subject == "person"

    @property
    def once(self) -> bool:
        """Is a class one individual, who is in a picture at most once?

        A role, like delivery rider, is not.
        """
        return self.subject == "face"

    @property
    def judging(self) -> bool:
        """Does the classifier have a say in whether anybody is there?

        Training settles it for recipes that may.
        """
        return bool(self.detector.options.get("doubtful"))

    def reserve(self, side: float) -> float:
        """How far above the threshold a region's similarity must lie to be believed, from 0;
        infinite where the side, in source pixels, is too short for a name.
        """
        return (
            math.inf if side < self.smallest else self.caution * max(0.0, math.log2(_PLAIN / side))
        )

    def measures(self, side: float) -> bool:
        """Are the features of a region measured, whose shorter side has so many source pixels?"""
        return not (self.skip_small and side < self.smallest)

    def weights(self) -> tuple[str, ...]:
        """Names of the pretrained files it needs, sorted; empty for a classic recipe."""
        needs = DETECTORS[self.detector.name].needs + sum(
            (FEATURES[s.name].needs for s in self.features), ()
        )
        return tuple(sorted(set(needs)))

    def to_json(self) -> JsonObject:
        """Plain data that `from_json` makes an equal recipe of."""
        return {
            "name": self.name,
            "subject": self.subject,
            "detector": self.detector.to_json(),
            "crop": self.crop.to_json(),
            "features": [step.to_json() for step in self.features],
            "eyes": self.eyes,
            "mirror": self.mirror,
            "gallery": self.gallery,
            "smallest": self.smallest,
            "caution": self.caution,
            "closed": self.closed,
            "judges": self.judges,
            "fpir": self.fpir,
            "skip_small": self.skip_small,
        }

    @classmethod
    def from_json(cls, data: JsonObject) -> Recipe:
        """Raises RecipeError where a key is missing or one too many."""
        try:
            plain = dict(data)
            detector, crop = Step(**plain.pop("detector")), Step(**plain.pop("crop"))
            features = tuple(Step(**step) for step in plain.pop("features"))
            return cls(detector=detector, crop=crop, features=features, **plain)
        except (KeyError, TypeError) as error:
            raise RecipeError(f"This is not a recipe: {error}.") from error


def all_options(step: Step, function: Callable[..., object]) -> dict[str, Option]:
    """Every option of a step's function, with its usual value where the step gives none."""
    usual = {name: parameter.default for name, parameter in _options_of(function).items()}
    return {**usual, **step.options}


def _bind(kind: str, step: Step, table: Mapping[str, Callable[..., object]]) -> None:
    """A wrong name or option must fail on creation, not when the first picture comes."""
    if step.name not in table:
        raise RecipeError(f"There is no {kind} {step.name!r}; there are {', '.join(table)}.")
    allowed = _options_of(table[step.name])
    wrong = sorted(set(step.options) - set(allowed))
    if wrong:
        takes = ", ".join(sorted(allowed)) or "no options"
        raise RecipeError(
            f"The {kind} {step.name} does not take {', '.join(wrong)}; it takes {takes}."
        )


def _options_of(function: Callable[..., object]) -> dict[str, inspect.Parameter]:
    return {
        name: parameter
        for name, parameter in inspect.signature(function).parameters.items()
        if parameter.kind is inspect.Parameter.KEYWORD_ONLY
    }
