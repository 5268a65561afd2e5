"""One page, one set of numbers: what does not measure the same says why."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from data_cleaning.version import VERSION
from model.recognition.naming.gallery import Gallery
from model.recognition.registry import Registry
from model.reporting import plots
from model.reporting.html_report import page
from model.reporting.report import LookAlikes
from model.reporting.similarities import look_alikes
from tests.model.reporting.report_page import check_alone
from tests.support.paths import ROOT
from tests.support.trained import saved


@pytest.fixture(scope="module")
def report(drawn_shapes: Path, tmp_path_factory: pytest.TempPathFactory) -> Any:
    directory = saved(Registry(tmp_path_factory.mktemp("one")), "shapes", drawn_shapes).directory
    assert directory is not None
    return json.loads((directory / "report.json").read_text())


def test_the_stages_add_up_to_the_headline(report: Any) -> None:
    assert report["statistic"] == "mean"
    assert sum(report["seconds"].values()) == pytest.approx(
        report["figures"]["seconds_per_picture"]
    )
    total = f"{1000 * sum(report['seconds'].values()):.1f} ms"
    assert total in check_alone(page(report)).text


def test_what_measures_something_else_says_so(report: Any) -> None:
    text = check_alone(page(report)).text
    assert report["trials_count"] == "found"
    assert "before anybody is refused; the headline counts all pictures" in text
    assert "the headline counts all pictures, so it is lower" in text
    all_counted = check_alone(page({**report, "trials_count": "all"})).text
    assert "refused or left out count as wrong, as in the headline" in all_counted


def test_the_foot_says_where_the_figures_come_from(report: Any) -> None:
    text = " ".join(check_alone(page(report)).text.split())
    facts = report["facts"]
    assert f"from the data set {facts['dataset']}" in text
    assert facts["data_sha256"][:12] in text
    assert f"on {report['machine']}." in text and "cores of" in report["machine"]
    assert f"python {facts['versions']['python']}" in text
    assert "shapes version 1, trained 20" in text
    assert f"made by Likeness {VERSION}." in text


def test_the_foot_of_an_evaluation_names_the_pictures_that_were_asked_about(report: Any) -> None:
    origin = {**report["origin"], "dataset": "others", "data_sha256": "ab" * 32, "version": 7}
    other = {**report, "kind": "evaluation", "origin": origin}
    text = " ".join(check_alone(page(other)).text.split())
    assert "shapes version 7, trained" in text
    assert f"asked about the data set others (abababababab) {origin['made'][:10]}" in text


def test_a_mistake_carries_its_file(report: Any) -> None:
    mistake = {
        "picture": "a<b/1.png", "truth": "disc", "answer": "cross", "best": "cross",
        "probability": 0.9, "similarity": 0.5, "reason": "known",
    }  # fmt: skip
    html = page({**report, "mistakes": [mistake]})
    assert '<span data-picture="a&lt;b/1.png">a&lt;b/1.png</span>' in html
    assert "but it is disc" in html


def test_dots_carry_their_counts() -> None:
    assert ">37<" in plots.reliability([{"pictures": 37, "probability": 0.5, "right": 1.0}])


def test_strangers_and_look_alikes_are_shown(report: Any) -> None:
    alike = report["similarities"]
    assert -1 <= alike["strangers"]["median"] <= alike["strangers"]["one_in_hundred"] <= 1
    assert {alike["look_alikes"]["first"], alike["look_alikes"]["second"]} < set(
        report["facts"]["pictures"]
    )
    text = check_alone(page(report)).text
    assert "to their best match" in text and "Most alike classes" in text


def test_the_most_alike_classes_are_found() -> None:
    vectors = np.array([[1, 0], [0.8, 0.6], [0, 1], [-1, 0]], np.float32)
    gallery = Gallery(vectors, np.array([0, 1, 2, 2]), ("",) * 4)
    two = type("Two", (), {"gallery": gallery, "labels": ("a", "b", "c")})
    assert look_alikes(two) == LookAlikes("a", "b", pytest.approx(0.8))  # type: ignore[arg-type]
    one = type("One", (), {"gallery": Gallery(vectors[:1], np.array([0]), ("",)), "labels": ("a",)})
    assert look_alikes(one) is None  # type: ignore[arg-type]


@pytest.mark.parametrize("path", sorted((ROOT / "artifacts").glob("*/*/report.json")), ids=str)
def test_reports_of_before_are_drawn_as_before(path: Path) -> None:
    old = json.loads(path.read_text())
    for key in ("verdict", "machine", "statistic", "similarities", "trials_count", "origin"):
        old.pop(key, None)
    assert "Median milliseconds" in check_alone(page(old)).text
