"""The recipe `auto`: what is tried, what is kept, and that the table reaches the report."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from model.__main__ import main
from model.evaluation.figures import RecipeAttempt
from model.workflows.compare_recipes import cheapest_good

ONE = ("--classifiers", "logistic_regression")  # recipes are compared here, not classifiers


def attempt(recipe: str, accuracy: float, error: float, milliseconds: float) -> RecipeAttempt:
    return RecipeAttempt(recipe, accuracy, error, 0.0, milliseconds)


@pytest.mark.parametrize(
    ("attempts", "kept"),
    [
        ([attempt("slow", 0.95, 0.02, 50), attempt("quick", 0.94, 0.02, 5)], "quick"),
        ([attempt("slow", 0.95, 0.02, 50), attempt("quick", 0.92, 0.02, 5)], "slow"),
        ([attempt("slow", 0.95, 0.02, 50), attempt("quick", 0.93, 0.5, 5)], "quick"),
        ([attempt("only", 0.3, 0.1, 50)], "only"),
    ],
)
def test_the_cheapest_within_one_standard_error_of_the_best_is_kept(
    attempts: list[RecipeAttempt], kept: str
) -> None:
    assert cheapest_good(attempts).recipe == kept


@pytest.mark.slow
def test_faces_are_tried_as_faces_and_the_table_is_told(
    orl_faces: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for person in ("s1", "s2", "s3"):
        shutil.copytree(orl_faces / person, tmp_path / "data" / person)
    models = tmp_path / "models"
    words = [
        "train",
        str(tmp_path / "data"),
        "--name",
        "orl",
        "--recipe",
        "auto",
        *ONE,
        "--artifacts",
        str(models),
        "--json",
    ]
    assert main(words) == 0
    facts = json.loads(capsys.readouterr().out)
    rows = {row["recipe"]: row for row in facts["auto"]}
    assert {"face-classic", "face-modern"} <= set(rows)
    assert "object-classic" not in rows, (
        "every picture shows a face, so backgrounds must not be learnt"
    )
    assert sum(row["kept"] for row in rows.values()) == 1
    kept = next(name for name, row in rows.items() if row["kept"])
    assert (
        json.loads((models / "orl" / "1" / "manifest.json").read_text())["recipe"]["name"] == kept
    )
    assert "Which recipe suits these pictures" in (models / "orl" / "1" / "report.html").read_text()


@pytest.mark.slow
def test_things_are_tried_as_things(drawn_shapes: Path, capsys: pytest.CaptureFixture[str]) -> None:
    options = ["--recipe", "auto", *ONE, "--folds", "3", "--json"]
    assert main(["crossval", str(drawn_shapes), *options]) == 0
    figures = json.loads(capsys.readouterr().out)
    assert figures["recipe"].startswith("object-")
    assert figures["accuracy"] > 0.8
    assert [row["note"] for row in figures["auto"] if row["recipe"] == "person-classic"] == [
        "no _none folder"
    ]
