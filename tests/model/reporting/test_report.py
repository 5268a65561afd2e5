"""The report: what its data says, and that its page needs nothing but itself and shows nobody when
private.
"""

from __future__ import annotations

import copy
import json
import re
import shutil
import subprocess
import sys
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest

from data_cleaning.imaging.decoding import decode
from data_cleaning.imaging.encoding import encode
from model.evaluation.figures import SingleLabelEvaluation
from model.evaluation.metrics import PictureOutcome, summary
from model.recipes.presets import RECIPES
from model.recognition.naming.recogniser import RegionAnswer
from model.recognition.registry import Registry
from model.reporting import plots
from model.reporting.advice import advice
from model.reporting.html_report import page
from model.reporting.report import ReportMaterial
from model.reporting.report_sections import near_copies, stage_medians
from model.reporting.single_label_report import build, thumbnails, worst
from model.training.options import TrainingOptions
from model.training.samples import Sample
from tests.support.trained import QUICK, saved

PRIVATE = TrainingOptions(classifiers=QUICK.classifiers, folds=2, private=True)
VOID = {"meta", "img", "br", "link"}


class Reader(HTMLParser):
    """Checks that every element is closed in turn, and gathers elements, attributes and text."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.text = ""
        self.feed(html)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open[-1:] != ["style"]:
            self.text += data


@pytest.fixture(scope="session")
def mislabelled(drawn_shapes: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three shapes; three discs lie among the squares under names of their own, one of them in both
    classes.
    """
    root = tmp_path_factory.mktemp("wrong") / "shapes"
    shutil.copytree(drawn_shapes, root)
    for number in (0, 1):
        (root / "disc" / f"{number}.png").rename(root / "square" / f"round{number}.png")
    shutil.copy(root / "disc" / "2.png", root / "square" / "round2.png")
    return root


@pytest.fixture(scope="session")
def folder(mislabelled: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A saved version with its report."""
    directory = saved(Registry(tmp_path_factory.mktemp("art")), "shapes", mislabelled).directory
    assert directory is not None
    return directory


@pytest.fixture(scope="session")
def report(folder: Path) -> dict[str, Any]:
    return json.loads((folder / "report.json").read_text("utf-8"))


def check_alone(html: str) -> Reader:
    """The page loads nothing: no script, no address but data."""
    read = Reader(html)
    assert not {"script", "link", "iframe", "object", "embed"} & set(read.tags)
    for name, value in read.attributes:
        assert not name.startswith("on")
        if name in ("src", "href", "xlink:href"):
            assert (value or "").startswith(("data:image/", "#")), value
    assert not re.search(r"@import|url\((?!#)|https?://", html)
    return read


def test_the_report_holds_what_was_promised(report: dict[str, Any]) -> None:
    assert report["kind"] == "training"
    assert report["facts"]["pictures"] == {"cross": 12, "disc": 10, "square": 15}
    assert {t["name"] for t in report["facts"]["trials"]} == {"logistic_regression"}
    assert set(report["seconds"]) == {"decode", "detect", "features", "predict"}
    assert report["figures"]["pictures"] == 37
    assert sum(row["pictures"] for row in report["reliability"]) == 37
    assert report["unknown"]["basis"] == "classes left out in turn"
    assert report["learning"]["curve"][0]["pictures"] < report["learning"]["curve"][-1]["pictures"]
    assert report["not_found"] == {"cross": 0, "disc": 0, "square": 0}


def test_wrong_labels_show_up(report: dict[str, Any]) -> None:
    """A disc that lies among the squares is called a disc: a mistake to look at."""
    shown = {m["picture"]: m["best"] for m in report["mistakes"]}
    assert shown.get("square/round0.png") == "disc" or shown.get("square/round1.png") == "disc"
    assert ["disc/2.png", "square/round2.png"] in report["near_copies"]["across_classes"]
    assert any("square/round2.png" in sentence for sentence in report["advice"])


def test_the_page_needs_nothing_else(folder: Path) -> None:
    html = (folder / "report.html").read_text("utf-8")
    read = check_alone(html)
    for heading in (
        "Right answers",
        "What you can do",
        "Which classifier is best",
        "The worst mistakes",
        "Near copies",
    ):
        assert heading in read.text
    assert read.tags.count("svg") == 5
    assert str(folder.parent) not in html


def test_thumbnails_are_small_pictures(folder: Path, report: dict[str, Any]) -> None:
    html = (folder / "report.html").read_text("utf-8")
    assert html.count('src="data:image/jpeg;base64,') == len(report["mistakes"]) > 0
    assert "small ones of the worst mistakes" in report["facts"]["holds"]


def test_the_public_page_shows_no_picture(folder: Path) -> None:
    html = (folder / "report-public.html").read_text("utf-8")
    read = check_alone(html)
    assert "data:image" not in html
    assert "img" not in read.tags
    assert "Right answers" in read.text


def test_a_private_bundle_carries_no_picture(mislabelled: Path, tmp_path: Path) -> None:
    bundle = saved(Registry(tmp_path), "shapes", mislabelled, PRIVATE)
    assert bundle.directory is not None
    html = (bundle.directory / "report.html").read_text("utf-8")
    report = json.loads((bundle.directory / "report.json").read_text("utf-8"))
    assert "data:image" not in html
    assert not (bundle.directory / "report-public.html").exists()
    assert "carries no pictures" in check_alone(html).text
    assert report["mistakes"] and report["private"] is True
    assert bundle.facts.holds.startswith("No pictures. ")
    for path in bundle.directory.rglob("*"):
        assert str(mislabelled.parent).encode() not in (
            path.read_bytes() if path.is_file() else b""
        )


def test_names_are_escaped(report: dict[str, Any]) -> None:
    odd = "<img src=x onerror=alert(1)>&"
    text = json.dumps(report).replace("square", odd)
    read = check_alone(page(json.loads(text)))
    assert odd in read.text


@pytest.mark.parametrize(
    "change",
    [
        {"reliability": []},
        {"unknown": None},
        {"mistakes": []},
        {"facts": {}},
        {"learning": None},
        {"advice": []},
        {"seconds": {}},
        {"near_copies": {"pictures": 0, "groups": [], "across_classes": []}},
    ],
)
def test_what_is_missing_leaves_no_hole(report: dict[str, Any], change: dict[str, Any]) -> None:
    read = check_alone(page({**report, **change}))
    assert "None" not in read.text


def test_many_classes_are_folded_and_the_worst_come_first(report: dict[str, Any]) -> None:
    rows = {f"class {i:02}": {**GOOD, "recall": 1 - i / 100} for i in range(30)}
    figures = {**report["figures"], "per_class": rows, "confusion": _many(30)}
    text = check_alone(page({**report, "figures": figures, "not_found": {}})).text
    assert "Show the other 20" in text
    assert (
        text.index("class 29")
        < text.index("class 20")
        < text.index("Show the other")
        < text.index("class 19")
    )


def test_the_same_numbers_draw_the_same_page(report: dict[str, Any]) -> None:
    assert page(report) == page(copy.deepcopy(report))


@pytest.mark.parametrize(
    "svg",
    [
        lambda: plots.confusion({"truths": ["a"], "labels": ["a", "(none)"], "matrix": [[0, 3]]}),
        lambda: plots.confusion(_many(30)),
        lambda: plots.reliability([{"pictures": 1, "probability": 0.5, "right": 1.0}]),
        lambda: plots.tradeoff([[0.0, 1.0], [1.0, 0.0]], None),
        lambda: plots.tradeoff([[0.0, 0.0]], (0.0, 0.0)),
        lambda: plots.scores(
            {"edges": [0.0, 0.5, 1.0], "known": [0, 0], "strangers": [0, 4]}, None, "similarity"
        ),
        lambda: plots.learning([{"pictures": 3.0, "score": 1.0, "spread": 0.0}] * 2),
    ],
)
def test_every_plot_is_one_svg_in_the_page_s_colours(svg: Any) -> None:
    drawn = svg()
    assert ElementTree.fromstring(drawn).tag == "svg"
    assert "#0a0b0" not in drawn
    assert "var(--" in drawn


def _many(count: int) -> dict[str, Any]:
    names = [f"class {i}" for i in range(count)]
    return {
        "truths": names,
        "labels": [*names, "(none)"],
        "matrix": np.eye(count, count + 1).astype(int).tolist(),
    }


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


def test_stage_medians_are_medians() -> None:
    outcomes = [answered("x", "a", "a") for _ in range(3)]
    timed = [
        PictureOutcome(o.path, "a", True, "a", o.named, {"decode": s}, 0.5)
        for o, s in zip(outcomes, (1, 2, 9), strict=True)
    ]
    assert stage_medians([o.seconds for o in timed]) == {
        "decode": 2.0,
        "detect": 0.0,
        "features": 0.0,
        "predict": 0.0,
    }


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
    made = ReportMaterial(
        "crossval",
        "m",
        Path("/data"),
        RECIPES["object-classic"],
        summary(outcomes, [bad]),
        outcomes,
        [bad],
        np.arange(0),
    )
    report = build(made).to_json()
    assert report["figures"]["unreadable"] == [{"path": "a/bad.jpg", "error": "damaged"}]
    assert "/data" not in json.dumps(report)
    assert "damaged" in check_alone(page(report)).text


def plain(**change: Any) -> dict[str, Any]:
    """A report that gives no cause for advice, but for what is changed."""
    rows = {
        c: {"pictures": 50, "correct": 48, "recall": 0.96, "precision": 0.96, "f1": 0.96}
        for c in ("ann", "bob", "cy")
    }
    report: dict[str, Any] = {
        "recipe": {"name": "face-modern"},
        "facts": {"acceptance": {"fpir": 0.01, "target_fpir": 0.01}},
        "near_copies": {"across_classes": []},
        "not_found": {"ann": 0, "bob": 1, "cy": 0},
        "figures": {
            "unreadable": [],
            "per_class": rows,
            "pictures": 150,
            "ece": 0.03,
            "accuracy_interval": [0.92, 0.98],
            "confusion": {
                "truths": [*rows],
                "labels": [*rows, "(none)"],
                "matrix": np.eye(3, 4, dtype=int).tolist(),
            },
        },
    }
    for key, value in change.items():
        place = report["figures"] if key in report["figures"] else report
        place[key] = value
    return report


def as_report(data: dict[str, Any]) -> Any:
    """Plain data with the attributes of a report, as far as it has them."""
    figures = dict(data["figures"])
    rows = {label: SimpleNamespace(**row) for label, row in figures.pop("per_class").items()}
    confusion = SimpleNamespace(**figures.pop("confusion", {}))
    named = {**data, "figures": SimpleNamespace(**figures, per_class=rows, confusion=confusion)}
    for key in ("near_copies", "recipe"):
        named[key] = SimpleNamespace(**data.get(key, {}))
    return SimpleNamespace(**named)


FEW = {"pictures": 6, "correct": 6, "recall": 1.0, "precision": 1.0, "f1": 1.0}
WEAK = {"pictures": 50, "correct": 30, "recall": 0.6, "precision": 0.9, "f1": 0.7}
GOOD = {"pictures": 50, "correct": 48, "recall": 0.96, "precision": 0.96, "f1": 0.96}
CONFUSED = {
    "truths": ["ann", "bob"],
    "labels": ["ann", "bob", "(none)"],
    "matrix": [[40, 9, 1], [1, 48, 1]],
}


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({}, None),
        ({"unreadable": [{"path": "a", "error": "b"}]}, "1 file could not be read"),
        ({"per_class": {"ann": GOOD, "bob": FEW, "cy": GOOD}}, r"Few pictures of bob \(6\)"),
        ({"per_class": {"ann": GOOD, "bob": WEAK, "cy": GOOD}}, "bob is right in 60%"),
        (
            {"not_found": {"ann": 1, "bob": 12, "cy": 1}},
            "In 24% of the pictures of bob nothing was found, against 2%",
        ),
        (
            {"not_found": {"ann": 12, "bob": 12, "cy": 12}, "recipe": {"name": "face-classic"}},
            "face-modern finds more",
        ),
        ({"not_found": {"ann": 12, "bob": 12, "cy": 12}}, None),
        ({"confusion": CONFUSED}, "ann is taken for bob in 9 of 50"),
        ({"facts": {"acceptance": {"fpir": 0.05, "target_fpir": 0.01}}}, "5.0% were named"),
        (
            {"facts": {"acceptance": {"fpir": None, "target_fpir": 0.01}}},
            "Strangers are not refused",
        ),
        ({"near_copies": {"across_classes": [["ann/1", "bob/2"]]}}, "ann/1, bob/2"),
        ({"ece": 0.2}, "off by 20 points"),
        ({"accuracy_interval": [0.4, 0.8]}, "between 40% and 80%"),
    ],
)
def test_advice_follows_from_the_numbers(change: dict[str, Any], words: str | None) -> None:
    sentences = advice(as_report(plain(**change)))
    assert len(sentences) == (words is not None)
    if words:
        assert re.search(words, sentences[0])


@pytest.mark.parametrize(
    "module",
    ["model.recognition.bundle", "model.recognition.registry", "likeness.commands.training"],
)
def test_plots_load_only_when_a_report_is_drawn(module: str) -> None:
    code = (
        f"import sys, {module}; print([m for m in ('matplotlib', 'seaborn') if m in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=120, check=True
    )
    assert done.stdout.strip() == "[]"
