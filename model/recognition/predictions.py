"""What is answered: of a region, of a picture, and why. Nothing here computes an answer."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from data_cleaning.detection.detection import Detection

HUMAN, NO_HUMAN = "Human", "No Human"  # in the words of older services, which clients still read


class Reason(StrEnum):
    """Why a region or a picture is answered as it is; the values stand in JSON and in the log.

    KNOWN: it has a name. UNKNOWN: not like anybody enrolled. TAKEN: another region of the picture
    is more likely to be them. TOO_SMALL: too few pixels for a name. NOBODY: it shows nobody after
    all, and is no part of the answer. NOTHING_FOUND: of a picture without any region.
    """

    KNOWN = "known"
    UNKNOWN = "unknown"
    TAKEN = "taken"
    TOO_SMALL = "too_small"
    NOBODY = "nobody"
    NOTHING_FOUND = "nothing_found"


@dataclass(frozen=True)
class Prediction:
    """The answer for one region of a picture.

    detection: where. label: its name, or None when it is not believed to be anybody known. best:
    the most probable class all the same. probability: of `best`, 0 to 1. scores: of every class in
    the bundle's order, summing to 1. similarity: mean cosine to the nearest enrolled examples of
    `best`, -1 to 1. acceptance: the score that the threshold is held against. reason: "known",
    "unknown", "taken" or "too_small". note: the same for people. marks: what is wrong with the
    region, as in `crops.MARKS`. labels: every name it gets, best first; several only where pictures
    may carry several classes (then the scores do not sum to 1).
    """

    detection: Detection
    label: str | None
    best: str
    probability: float
    scores: dict[str, float]
    similarity: float
    acceptance: float
    reason: Reason
    note: str
    marks: tuple[str, ...]
    labels: tuple[str, ...] = ()


@dataclass(frozen=True)
class Recognition:
    """The answer for one picture.

    width, height: of the upright picture. predictions: one a region, the best to look at first.
    label: the picture's answer, of its best known region, or None. scores: (class, probability) of
    the region that speaks for the picture, best first. reason: "known", "unknown" or
    "nothing_found"; note: for people. seconds: by stage. human_detected: for recipes that look for
    people, else None.
    """

    width: int
    height: int
    predictions: tuple[Prediction, ...]
    label: str | None
    scores: tuple[tuple[str, float], ...]
    reason: Reason
    note: str
    seconds: dict[str, float]
    human_detected: bool | None = None

    @property
    def known_answer(self) -> tuple[str, str] | str | None:
        """Of recipes that look for people: ("human_detected", label or "others") or "no human
        detected"; else None.
        """
        return (
            None if self.human_detected is None else known_answer(self.human_detected, self.label)
        )

    @property
    def way(self) -> str | None:
        """Of recipes that look for people: the label, "Human" or "No Human"; else None."""
        return None if self.human_detected is None else way(self.human_detected, self.label)


def known_answer(human_detected: bool, label: str | None) -> tuple[str, str] | str:
    """What a picture shows in the words of older services; label: the data set's own, or None.

    ("human_detected", label), ("human_detected", "others") or "no human detected".
    """
    if not human_detected:
        return "no human detected"
    return "human_detected", label or "others"


def way(human_detected: bool, label: str | None) -> str:
    """The same as one class of three (or more): the label, "Human" or "No Human"."""
    if not human_detected:
        return NO_HUMAN
    return label or HUMAN
