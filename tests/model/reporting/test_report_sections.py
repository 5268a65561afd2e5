"""Sections of the report by hand: mistakes, near copies, times, thumbnails."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from data_cleaning.imaging.decoding import decode
from data_cleaning.imaging.encoding import encode
from model.evaluation.figures import SingleLabelEvaluation
from model.evaluation.metrics import PictureOutcome, mean_seconds, summary
from model.recipes.presets import RECIPES
from model.recognition.naming.recogniser import RegionAnswer
from model.reporting.html_report import page
from model.reporting.report import ReportMaterial
from model.reporting.report_sections import near_copies, stage_means
from model.reporting.single_label_report import build, thumbnails, worst
from model.training.samples import Sample
from tests.model.reporting.report_page import check_alone


def answered(name: str, truth: str, best: str | None, acceptance: float = 0.9) -> PictureOutcome:
    known = acceptance >= 0.5
    reason = "known" if known else "unknown"
    named = (
        ()
        if best is None
        else (RegionAnswer(best if known else None, best, {best: 1.0}, 0.5, acceptance, reason),)
    )
    label = best if known else None
    return PictureOutcome(
        Path("/data") / truth / name, truth, best is not None, label, named, {"decode": 0.1}, 0.5
    )


def material(
    outcomes: list[PictureOutcome], samples: list[Sample] | None = None, **more: Any
) -> ReportMaterial[PictureOutcome, SingleLabelEvaluation]:
    some = samples or []
    groups = more.pop("copies", np.arange(len(some)))
    return ReportMaterial(
        "evaluation",
        "m",
        Path("/data"),
        RECIPES["object-classic"],
        summary(outcomes),
        outcomes,
        some,
        groups,
        **more,
    )


def test_the_surest_wrong_names_come_first_and_every_picture_once() -> None:
    outcomes = [
        answered("right", "a", "a"),
        answered("unsure", "a", "b", 0.55),
        answered("lost", "a", None),
        answered("refused", "a", "a", 0.4),
        answered("sure", "b", "a", 0.99),
    ]
    strangers = [answered("x", "_unknown", "a", 0.7), answered("x", "_unknown", "a", 0.8)]
    found = worst(material(outcomes, strangers=strangers))
    assert [o.path.name for o in found] == ["sure", "x", "unsure", "refused", "lost"]


def test_near_copies_by_hand() -> None:
    names = ["a/1", "a/2", "b/3", "b/4", "a/5"]
    samples = [Sample(Path("/data") / n, n[0], n) for n in names]
    outcomes = [replace(answered(s.path.name, s.label, s.label), path=s.path) for s in samples]
    found = near_copies(material(outcomes, samples, copies=np.array([0, 0, 1, 2, 2])))
    assert found.pictures == 4
    assert found.groups == (("a/1", "a/2"), ("a/5", "b/4"))
    assert found.across_classes == (("a/5", "b/4"),)


def test_stages_add_up_to_the_time_of_a_picture() -> None:
    outcomes = [answered("x", "a", "a") for _ in range(3)]
    timed = [
        PictureOutcome(o.path, "a", True, "a", o.named, {"decode": s}, 0.5)
        for o, s in zip(outcomes, (1, 2, 9), strict=True)
    ]
    means = stage_means([o.seconds for o in timed])
    assert means == {"decode": 4.0, "detect": 0.0, "features": 0.0, "predict": 0.0}
    assert sum(means.values()) == mean_seconds([o.seconds for o in timed])
    assert stage_means([{"queue": 1.0}])["queue"] == 1.0
    assert stage_means([]) == {}


def test_a_thumbnail_that_cannot_be_read_is_left_out(tmp_path: Path) -> None:
    (tmp_path / "_unknown").mkdir()
    good = tmp_path / "_unknown" / "wide.png"
    good.write_bytes(encode(np.full((100, 800, 3), 90, np.uint8)))
    outcomes = [answered("gone.png", "a", "b"), answered(str(good), "_unknown", "a")]
    small = thumbnails(material(outcomes))
    assert [t is None for t in small] == [True, False]
    import base64

    assert small[1] is not None
    assert decode(base64.b64decode(small[1].source.split(",")[1])).shape == (25, 200, 3)
    assert thumbnails(material(outcomes, private=True)) == []


def test_a_report_names_pictures_inside_their_data_set() -> None:
    bad = Sample(Path("/data/a/bad.jpg"), "a", "0" * 64, error="damaged")
    outcomes = [answered("1", "a", "a"), answered("2", "b", "a")]
    crossval = ReportMaterial(
        "crossval",
        "m",
        Path("/data"),
        RECIPES["object-classic"],
        summary(outcomes, [bad]),
        outcomes,
        [bad],
        np.arange(0),
    )
    report = build(crossval).to_json()
    assert report["figures"]["unreadable"] == [{"path": "a/bad.jpg", "error": "damaged"}]
    assert "/data" not in json.dumps(report)
    assert "damaged" in check_alone(page(report)).text
