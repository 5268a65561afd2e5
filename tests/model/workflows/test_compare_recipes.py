"""The recipe `auto`: what is tried, what is kept, and that the table reaches the report."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from model.__main__ import main
from model.evaluation.figures import RecipeAttempt
from model.recipes.presets import RECIPES
from model.workflows import compare_recipes
from model.workflows.compare_recipes import cheapest_good, cost
from model.workflows.tasks.multi_label import MultiLabelTask
from model.workflows.tasks.single_label import SingleLabelTask
from model.workflows.tasks.task import RecipeChoice

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


def test_a_recipe_that_names_strangers_costs_what_it_names() -> None:
    """One that refuses nobody, and one that takes its classes to be all there is, lose."""
    quick = replace(attempt("classic", 0.97, 0.01, 5), strangers_named=0.98)
    modern = replace(attempt("modern", 0.95, 0.01, 50), strangers_named=0.003)
    closed = attempt("closed", 0.99, 0.01, 1)
    assert cheapest_good([quick, modern, closed]).recipe == "modern"
    assert cost(modern) == pytest.approx(0.053)
    assert cost(closed) == pytest.approx(1.01)


def nothing_said(*_: object) -> None:
    """Progress that nobody follows."""


def test_where_no_file_is_installed_the_classic_recipe_trains_and_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LIKENESS_WEIGHTS", str(tmp_path))
    choice = SingleLabelTask().choose_recipe([], None, nothing_said)
    assert (choice.recipe.name, choice.attempts) == ("face-classic", ())
    assert choice.reason.startswith("Recipe face-classic: no pretrained file is installed")
    assert choice.code == compare_recipes.NEEDS_NO_FILES
    assert MultiLabelTask().choose_recipe([], None, nothing_said).recipe.name == "face-classic"


def test_where_files_are_installed_nobody_need_say_auto(monkeypatch: pytest.MonkeyPatch) -> None:
    tried = RecipeChoice(RECIPES["face-modern"], reason="Recipe face-modern: it was tried.")
    monkeypatch.setattr(compare_recipes, "missing_files", lambda recipe: "")
    monkeypatch.setattr(compare_recipes, "choose", lambda items, progress: tried)
    assert SingleLabelTask().choose_recipe([], None, nothing_said) is tried


def test_what_was_taken_is_told_in_one_line(
    drawn_shapes: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    options = ["--recipe", "auto", *ONE, "--artifacts", str(tmp_path / "models")]
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LIKENESS_WEIGHTS", str(tmp_path))
        assert main(["train", str(drawn_shapes), "--name", "shapes", *options]) == 0
    printed = capsys.readouterr().out
    folder = tmp_path / "models" / "shapes" / "1"
    facts = json.loads((folder / "manifest.json").read_text())["facts"]
    assert facts["choice"].startswith("Recipe object-classic: it misses")
    assert facts["choice"] in printed
    tried = [row for row in facts["auto"] if row["accuracy"] is not None]
    codes = compare_recipes.QUICKEST_OF_BEST, compare_recipes.ONLY_ONE
    assert facts["choice_code"] == codes[len(tried) == 1]
    assert facts["choice"] in (folder / "report.html").read_text()


@pytest.mark.slow
def test_faces_are_tried_as_faces_and_the_table_is_told(
    orl_faces: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for person in ("s1", "s2", "s3"):
        (tmp_path / "data" / person).mkdir(parents=True)
        for picture in sorted((orl_faces / person).iterdir())[:7]:
            shutil.copy(picture, tmp_path / "data" / person)
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
