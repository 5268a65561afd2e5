"""The report: what its data says, and that its page needs nothing but itself and shows nobody when
private.
"""

from __future__ import annotations

import copy
import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from model.recognition.registry import Registry
from model.reporting.html_report import page
from model.training.options import TrainingOptions
from tests.model.reporting.report_page import GOOD, check_alone, many_classes
from tests.support.trained import QUICK, saved

PRIVATE = TrainingOptions(classifiers=QUICK.classifiers, folds=2, private=True)


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
    figures = {**report["figures"], "per_class": rows, "confusion": many_classes(30)}
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
