"""Doubting labels by likeness alone: drawn clouds of vectors stand for people."""

from __future__ import annotations

import numpy as np
import pytest

from model.recognition.inspection.label_likeness import (
    RULES,
    LabelledVectors,
    doubt_labels,
)

FACE = RULES["face"]


def person(seed: int, count: int, label: str) -> list[LabelledVectors]:
    """Pictures of one person: about .65 alike, and hardly like anybody else."""
    random = np.random.default_rng(seed)
    centre = random.normal(size=128)
    rows = centre + 0.75 * random.normal(size=(count, 128))
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    return [
        LabelledVectors(f"{label}-{seed}-{n}", label, row[None].astype(np.float32))
        for n, row in enumerate(rows)
    ]


def moved(one: LabelledVectors, label: str) -> LabelledVectors:
    return LabelledVectors(one.sha256, label, one.vectors)


def test_who_is_filed_rightly_is_not_doubted() -> None:
    assert doubt_labels([*person(1, 6, "ada"), *person(2, 6, "grace")], FACE) == []


def test_who_is_filed_as_somebody_else_is_doubted_for_them() -> None:
    ada, grace = person(1, 6, "ada"), person(2, 6, "grace")
    pictures = [*ada[:5], moved(ada[5], "grace"), *grace]
    (doubt,) = doubt_labels(pictures, FACE)
    assert (doubt.kind, doubt.sha256, doubt.suggestion) == ("wrong_label", ada[5].sha256, "ada")
    assert "looks more like ada" in doubt.note


def test_who_is_like_nobody_of_the_class_is_unlike_it() -> None:
    stranger = moved(person(3, 1, "x")[0], "ada")
    (doubt,) = doubt_labels([*person(1, 6, "ada"), stranger], FACE)
    assert (doubt.kind, doubt.sha256, doubt.suggestion) == ("unlike", stranger.sha256, None)


@pytest.mark.parametrize("count", [0, 1, 2])
def test_with_too_few_others_nothing_is_said(count: int) -> None:
    stranger = moved(person(3, 1, "x")[0], "ada")
    assert doubt_labels([*person(1, count, "ada"), stranger], FACE) == []


def test_of_several_regions_the_one_most_like_the_class_counts() -> None:
    ada, other = person(1, 6, "ada"), person(3, 1, "x")[0]
    both = LabelledVectors("both", "ada", np.vstack([other.vectors, ada[5].vectors]))
    assert doubt_labels([*ada[:5], both], FACE) == []


def test_a_copy_of_itself_confirms_nobody() -> None:
    stranger = moved(person(3, 1, "x")[0], "ada")
    copies = [LabelledVectors(f"copy {n}", "ada", stranger.vectors) for n in range(4)]
    doubts = doubt_labels([*person(1, 6, "ada"), *copies], FACE)
    assert {doubt.sha256 for doubt in doubts} == {copy.sha256 for copy in copies}


def test_strangers_are_neither_doubted_nor_suggested() -> None:
    ada = person(1, 6, "ada")
    strangers = [*person(2, 4, "_unknown"), *(moved(one, "_unknown") for one in ada[4:])]
    assert doubt_labels([*ada[:4], *strangers], FACE) == []
    nothing = LabelledVectors("none", "ada", np.zeros((0, 0), np.float32))
    assert doubt_labels([nothing], FACE) == []
