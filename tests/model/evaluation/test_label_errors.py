"""Doubtful labels, on made features: what is doubted, what is left alone, what cannot be judged."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from data_cleaning.datasets.class_names import NOTHING, UNKNOWN
from data_cleaning.detection.crops import Quality
from data_cleaning.detection.detectors import Detection
from data_cleaning.errors import DatasetError
from model.evaluation.label_errors import find_label_errors
from model.recipes.presets import preset
from model.recognition.pipeline import PictureRegion
from model.training.samples import Sample

HOW = preset(
    "face-modern"
)  # its gallery is the features themselves; no pretrained file is touched here
CENTRES = np.random.default_rng(5).normal(size=(8, 32))


def sample(name: str, label: str, *who: int, spread: float = 0.35) -> Sample:
    """A picture that shows the people `who`,
    each as a cloud of features around a centre of theirs.
    """
    random = np.random.default_rng(sum(map(ord, name)) * 31 + sum(who))
    views = []
    for person in who:
        vector = CENTRES[person] + spread * random.normal(size=32)
        views.append((vector / np.linalg.norm(vector))[None].astype(np.float32))
    region = PictureRegion(Detection(0, 0, 90, 90), Quality(90, 0.5, 20.0, 200.0))
    return Sample(Path(name), label, f"{name:0>64}", (region,) * len(who), tuple(views))


def people(count: int = 10) -> list[Sample]:
    """Three people, `count` pictures each."""
    return [
        sample(f"{label}{n}", label, who) for who, label in enumerate("abc") for n in range(count)
    ]


def apart(samples: list[Sample]) -> np.ndarray:
    """No near copies: every picture is a group of its own."""
    return np.arange(len(samples))


def found(
    samples: list[Sample], groups: np.ndarray | None = None
) -> dict[str, tuple[str, str | None]]:
    groups = apart(samples) if groups is None else groups
    doubted = find_label_errors(samples, groups, HOW).doubts
    return {d.sha256.lstrip("0"): (d.kind, d.suggestion) for d in doubted}


def test_right_labels_are_left_alone():
    assert found(people()) == {}


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        pytest.param([("x", "a", 1)], {"x": ("wrong_label", "b")}, id="b among a"),
        pytest.param(
            [("x", "a", 1), ("y", "c", 0)],
            {"x": ("wrong_label", "b"), "y": ("wrong_label", "a")},
            id="two",
        ),
        pytest.param([("x", "a", 7)], {"x": ("unlike", None)}, id="a stranger among a"),
        pytest.param([("x", "a", 0, 1)], {}, id="a, and b beside"),
        pytest.param([("x", "a", 1, 0)], {}, id="b in front, a behind"),
        pytest.param([("x", "a")], {}, id="nobody found"),
        pytest.param([("x", NOTHING, 1)], {}, id="pictures of nobody are not judged"),
        pytest.param([("x", "rare", 1)], {}, id="a class of one picture is not judged"),
    ],
)
def test_what_is_doubted(more, expected):
    assert found(people() + [sample(*one) for one in more]) == expected


def test_strangers_who_are_known_and_known_people_who_are_strangers():
    strangers = [sample(f"s{n}", UNKNOWN, 4 + n % 3) for n in range(12)]
    mixed = [sample("x", UNKNOWN, 1), sample("y", "a", 5)]
    assert found(people() + strangers + mixed) == {
        "x": ("wrong_label", "b"),
        "y": ("wrong_label", UNKNOWN),
    }


def test_a_class_of_near_copies_is_not_doubted_for_want_of_others():
    samples = people() + [sample(f"d{n}", "d", 3) for n in range(5)]
    groups = apart(samples)
    groups[-5:] = groups[-1]
    assert found(samples, groups) == {}


@pytest.mark.parametrize(
    "samples",
    [
        people()[:10],
        [*people()[:10], sample("x", "b", 1)],
        [sample(f"{n}", "ab"[n % 2]) for n in range(12)],
    ],
    ids=["one class", "one class and a picture", "nothing found in any"],
)
def test_too_little_to_judge_by_is_said(samples):
    with pytest.raises(DatasetError, match="class"):
        find_label_errors(samples, apart(samples), HOW)


def test_the_report_says_how_far_to_trust_it():
    samples = [*people(), sample("x", "a", 1)]
    report = find_label_errors(samples, apart(samples), HOW).to_json()
    assert report["pictures"] == 31 and report["labels"] == ["a", "b", "c"]
    assert report["agreement"] == pytest.approx(30 / 31)
    assert report["doubts"][0]["score"] > 0.5 and "Looks like b" in report["doubts"][0]["note"]
