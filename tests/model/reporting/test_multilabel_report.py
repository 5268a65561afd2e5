"""The report of a model whose pictures may carry several classes: what it says, shows, and keeps to
itself.
"""

from __future__ import annotations

import copy
import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from model.__main__ import main
from model.evaluation.multilabel_metrics import multilabel_summary
from model.recipes.presets import RECIPES
from model.reporting.advice import multilabel_advice
from model.reporting.html_report import page
from model.reporting.multilabel_report import (
    build_multilabel,
    multilabel_thumbnails,
    same_pictures,
    worst_sets,
)
from model.reporting.report import ReportMaterial
from model.training.samples import Sample
from server.service import service_of
from server.settings import Settings
from tests.model.multilabel_answers import answered
from tests.model.reporting.report_page import as_report, check_alone
from tests.support.pictures import SHAPES, bar_and_disc
from tests.support.started import started

TRAIN = ["--recipe", "object-classic", "--multi-label", "--classifiers", "logistic_regression"]


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Bars, discs and both; two discs lie in the folder of bars alone, one picture is broken."""
    root = tmp_path_factory.mktemp("data") / "shapes"
    for shown in ((), ("bar",), ("disc",), SHAPES):
        for number in range(8):
            wrong = shown == ("disc",) and number < 2
            for folder in ("bar",) if wrong else shown or ("_none",):
                (root / folder).mkdir(parents=True, exist_ok=True)
                (root / folder / f"{'-'.join(shown) or 'ground'}{number}.png").write_bytes(
                    bar_and_disc(shown, number)
                )
    (root / "bar" / "broken.png").write_bytes(b"no picture")
    return root


@pytest.fixture(scope="module")
def folder(data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    artifacts = tmp_path_factory.mktemp("artifacts")
    assert (
        main(
            ["train", str(data), "--name", "many", *TRAIN, "--artifacts", str(artifacts), "--json"]
        )
        == 0
    )
    return artifacts / "many" / "1"


@pytest.fixture(scope="module")
def report(folder: Path) -> dict[str, Any]:
    return json.loads((folder / "report.json").read_text("utf-8"))


def test_the_report_holds_what_was_promised(report: dict[str, Any], data: Path) -> None:
    assert (report["kind"], report["multi_label"], report["name"]) == ("training", True, "many")
    assert set(report["thresholds"]) == set(report["curves"]) == set(SHAPES)
    assert report["facts"]["pictures"] == {"bar": 18, "disc": 14}
    assert report["figures"]["pictures"] == 32
    assert sum(row["pictures"] for row in report["reliability"]) == 2 * 32
    assert [bad["path"] for bad in report["figures"]["unreadable"]] == ["bar/broken.png"]
    assert str(data.parent) not in json.dumps(report)


def test_wrong_labels_show_up(report: dict[str, Any]) -> None:
    """A disc that lies among the bars alone is called a disc: a mistake to look at."""
    wrong = {m["picture"]: m for m in report["mistakes"]}
    shown = [wrong[name] for name in ("bar/disc0.png", "bar/disc1.png") if name in wrong]
    assert any("disc" in one["added"] for one in shown)


def test_the_page_needs_nothing_else(folder: Path, report: dict[str, Any]) -> None:
    html = (folder / "report.html").read_text("utf-8")
    read = check_alone(html)
    for heading in (
        "Whole answers right",
        "What you can do",
        "Precision against recall",
        "The worst mistakes",
    ):
        assert heading in read.text
    assert read.tags.count("svg") == 3, "two curves and the reliability"
    ids = [value for name, value in read.attributes if name == "id"]
    assert len(ids) == len(set(ids))
    assert html.count('src="data:image/jpeg;base64,') == len(report["mistakes"]) > 0
    public = (folder / "report-public.html").read_text("utf-8")
    assert "data:image" not in public
    assert "Whole answers right" in check_alone(public).text


def test_it_is_served_like_any_other(folder: Path, tmp_path: Path) -> None:
    for role, pictures in (("predict", False), ("admin", True)):
        state = tmp_path / role
        app = started(
            Settings(state=state, artifacts=folder.parent.parent, datasets=state, local_role=role)
        )
        client = app.test_client()
        detail = client.get("/api/models/many").get_json()
        assert detail["report"] == "/api/models/many/report"
        with client.get(detail["report"]) as answer:
            assert b"Whole answers right" in answer.data
            assert (b"data:image" in answer.data) == pictures
        service_of(app).close()


def test_crossval_and_evaluate_write_it_too(data: Path, folder: Path, tmp_path: Path) -> None:
    saved = ["evaluate", "many", str(data), "--artifacts", str(folder.parent.parent)]
    for kind, command in (
        ("Cross-validation of shapes", ["crossval", str(data), "--folds", "2", *TRAIN]),
        ("many", saved),
    ):
        for private in (False, True):
            assert (
                main(
                    [
                        *command,
                        "--json",
                        "--report",
                        str(tmp_path / "r.html"),
                        *["--private"] * private,
                    ]
                )
                == 0
            )
            html = (tmp_path / "r.html").read_text("utf-8")
            read = check_alone(html)
            assert kind in read.text
            mistakes = "There were none." not in read.text
            assert ("data:image" in html) == (mistakes and not private)
            assert ("No pictures." in read.text) == (private or not mistakes)


def test_names_are_escaped(report: dict[str, Any]) -> None:
    odd = "<img src=x onerror=alert(1)>&$a_b$"
    read = check_alone(page(json.loads(json.dumps(report).replace("disc", odd))))
    assert odd in read.text


@pytest.mark.parametrize(
    "change",
    [
        {"reliability": []},
        {"mistakes": []},
        {"facts": {}},
        {"advice": []},
        {"seconds": {}},
        {"thresholds": {}},
        {"curves": {"bar": [], "disc": []}},
    ],
)
def test_what_is_missing_leaves_no_hole(report: dict[str, Any], change: dict[str, Any]) -> None:
    assert "None" not in check_alone(page({**report, **change})).text


def test_many_classes_are_folded_and_the_hardest_come_first(report: dict[str, Any]) -> None:
    row = report["figures"]["per_class"]["bar"]
    rows = {f"class {i:02}": {**row, "average_precision": 1 - i / 100} for i in range(30)}
    curves = dict.fromkeys(rows, report["curves"]["bar"])
    read = check_alone(
        page({**report, "figures": {**report["figures"], "per_class": rows}, "curves": curves})
    )
    text = read.text
    assert "Show the other 20" in text
    assert (
        text.index("class 29")
        < text.index("class 20")
        < text.index("Show the other")
        < text.index("class 19")
    )
    assert "The 12 of 30 classes" in text
    assert read.tags.count("svg") == 13


def test_the_same_numbers_draw_the_same_page(report: dict[str, Any]) -> None:
    assert page(report) == page(copy.deepcopy(report))


def test_those_furthest_from_the_truth_come_first() -> None:
    verdicts = [
        answered("a", "a", path="right", a=0.9, b=0.1),
        answered("a", path="lost"),
        answered("b", "b", "a", path="unsure", a=0.6, b=0.9),
        answered("ab", "a", path="missed", a=0.9, b=0.05),
        answered("", "a", path="sure", a=0.99, b=0.0),
    ]
    assert [v.path.name for v in worst_sets(verdicts)] == ["sure", "missed", "unsure", "lost"]
    material = ReportMaterial(
        "evaluation",
        "m",
        Path("/data"),
        RECIPES["object-classic"],
        multilabel_summary(verdicts),
        verdicts,
        [],
        np.arange(0),
    )
    assert multilabel_thumbnails(material) == [None] * 4, "none of them can be read"


def test_near_copies_are_held_against_all_folders_of_a_picture() -> None:
    some = [Sample(Path("/data") / n, "a", n) for n in ("a/1", "a/2", "a/3", "a/4")]
    verdicts = [
        replace(answered("a", "a", a=0.9, b=0.1), path=some[0].path),
        *(replace(answered("ab", "a", a=0.9, b=0.1), path=sample.path) for sample in some[1:]),
    ]
    bad = Sample(Path("/data/a/bad"), "a", "x", error="damaged")
    figures = multilabel_summary(verdicts, [bad])
    copies = np.array([0, 0, 1, 1])
    material = ReportMaterial(
        "crossval",
        "m",
        Path("/data"),
        RECIPES["object-classic"],
        figures,
        verdicts,
        some,
        copies,
    )
    report = build_multilabel(material).to_json()
    assert report["near_copies"]["across_classes"] == [["a/1", "a/2"]]
    assert report["figures"]["unreadable"] == [{"path": "a/bad", "error": "damaged"}]
    assert report["thresholds"] == {"a": 0.5, "b": 0.5}


def test_classes_of_the_same_pictures() -> None:
    assert same_pictures([answered("ab"), answered("abc"), answered("c")]) == (("a", "b"),)
    assert same_pictures([answered("ab"), answered("a")]) == ()


GOOD = {"pictures": 50, "average_precision": 0.96}


def plain(**change: Any) -> dict[str, Any]:
    """A report that gives no cause for advice, but for what is changed."""
    report: dict[str, Any] = {
        "near_copies": {"across_classes": []},
        "same_pictures": [],
        "thresholds": {"dog": 0.4, "ball": 0.6},
        "figures": {
            "unreadable": [],
            "per_class": {"dog": GOOD, "ball": GOOD, "cat": GOOD},
            "pictures": 150,
            "ece": 0.03,
            "accuracy_interval": [0.92, 0.98],
        },
    }
    for key, value in change.items():
        (report["figures"] if key in report["figures"] else report)[key] = value
    return report


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({}, None),
        ({"unreadable": [{"path": "a", "error": "b"}]}, "1 file could not be read"),
        (
            {"per_class": {"dog": GOOD, "ball": {**GOOD, "pictures": 6}}},
            r"Few pictures of ball \(6\)",
        ),
        (
            {"near_copies": {"across_classes": [["dog/1", "ball/2"]]}},
            "dog/1, ball/2. One may lie in a folder too few",
        ),
        ({"same_pictures": [["ball", "dog"]]}, "ball and dog are carried by the same pictures"),
        ({"thresholds": {"dog": 0.05}}, "dog is given from a probability of 5% on"),
        ({"thresholds": {"dog": 0.95}}, "dog is given only from a probability of 95% on"),
        (
            {"per_class": {"a": GOOD, "b": {**GOOD, "average_precision": 0.5}, "c": GOOD}},
            "b is told apart less well",
        ),
        ({"ece": 0.2}, "off by 20 points"),
        ({"accuracy_interval": [0.4, 0.8]}, "between 40% and 80%"),
    ],
)
def test_advice_follows_from_the_numbers(change: dict[str, Any], words: str | None) -> None:
    sentences = multilabel_advice(as_report(plain(**change)))
    assert len(sentences) == (words is not None)
    if words:
        assert re.search(words, sentences[0])
