"""The verdict of a training: one sentence from its figures, the same wherever it is shown."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from data_cleaning.json_types import JsonObject
from model.__main__ import main
from model.evaluation.figures import ClassFigures, SingleLabelEvaluation
from model.evaluation.metrics import confusion
from model.evaluation.plain_data import to_plain
from model.recipes.presets import RECIPES
from model.recognition.manifest import Facts
from model.recognition.naming.recogniser import Acceptance
from model.reporting.html_report import page
from model.reporting.verdict.figures import VerdictBasis, single_label_figures
from model.reporting.verdict.sentence import (
    MeasuredStrangers,
    VerdictFigures,
    WeakestClass,
    verdict,
)
from server.recognition.redaction import without_names

ANN = WeakestClass("ann", 20, 19)
WEAK = WeakestClass("bob", 30, 20)


def figures(**change: object) -> VerdictFigures:
    plain: dict[str, object] = {
        "subject": "face", "classes": 5, "pictures": 100, "correct": 97, "weakest": ANN,
        "promised": 0.003,
    }  # fmt: skip
    return VerdictFigures(**{**plain, **change})  # type: ignore[arg-type]


SEEN = "in 97 of 100 pictures that it had not seen"


@pytest.mark.parametrize(
    ("change", "fit", "words"),
    [
        ({}, True, f"It would know your 5 people {SEEN} and name 3 of 1,000 strangers, as it"
            " promises; weakest is ann, 19 of 20."),
        ({"measured": MeasuredStrangers(0.0, "40 pictures of strangers", 40)}, True,
            "as it promises (measured: none of 40 pictures of strangers)"),
        ({"measured": MeasuredStrangers(0.28, "600 pictures of strangers", 600)}, False,
            "Not fit for use: it would"),
        ({"measured": MeasuredStrangers(0.28, "600 pictures of strangers", 600)}, False,
            "measured: 168 of 600 pictures of strangers"),
        ({"measured": MeasuredStrangers(0.1, "10 pictures of strangers", 10)}, True, "1 of 10"),
        ({"correct": 60, "weakest": WEAK}, False, "20 of 30: look at its mistakes"),
        ({"weakest": WEAK}, True, "look at its mistakes in the report"),
        ({"weakest": WeakestClass("cy", 8, 6)}, True, "add pictures of cy, 15 or more in all."),
        ({"weakest": WeakestClass("cy", 20, 15, 5)}, True, "use larger, sharper ones."),
        ({"weakest": WeakestClass("cy", 20, 4)}, False, "Not fit for use"),
        ({"doubtful": 9}, True, "look first at the 9 pictures that may lie in a wrong class"),
        ({"doubtful": 1}, True, "look first at the picture that may lie in a wrong class"),
        ({"promised": None, "refuses": False}, False, "name every stranger"),
        ({"promised": None, "measured": MeasuredStrangers(0.98, "people left out of it"),
            "better": "face-modern"}, False,
            "name 98 of 100 people left out of it; weakest is ann, 19 of 20: choose the recipe"
            " face-modern."),
        ({"promised": None, "measured": MeasuredStrangers(0.98, "people left out of it"),
            "better": "face-modern", "better_missing": True}, False,
            "face-modern, once its pretrained files are installed."),
        ({"promised": 0.2}, False, "add pictures of others to a class _unknown."),
        ({"classes": 1, "weakest": None}, True, "know the one person in 97"),
        ({"subject": "object", "promised": None, "refuses": None}, True,
            f"It would know your 5 classes {SEEN}; weakest is ann, 19 of 20."),
        ({"subject": "object", "refuses": None, "multi_label": True}, True,
            "give exactly the right classes to 97 of 100 pictures"),
        ({"correct": 0, "pictures": 0, "weakest": None}, False, "Not fit for use"),
    ],
)  # fmt: skip
def test_the_sentence_follows_from_the_figures(
    change: dict[str, object], fit: bool, words: str
) -> None:
    found = verdict(figures(**change))
    assert (found.fit, words in found.sentence) == (fit, True), found.sentence
    assert found.sentence.endswith(".") and found.sentence.count(". ") == 0
    assert "--" not in found.sentence, "people in a browser have no flags"


def test_the_same_is_told_in_parts_for_other_languages() -> None:
    found = verdict(figures(correct=60, weakest=WEAK, better="face-modern"))
    assert found.parts is not None
    assert to_plain(found.parts) == {
        "subject": "face", "classes": 5, "pictures": 100, "correct": 60, "refuses": True,
        "multi_label": False, "doubtful": 0, "better": "face-modern", "todo": "better_recipe",
    }  # fmt: skip


def evaluated() -> SingleLabelEvaluation:
    rows = {"ann": ClassFigures(10, 10, 1.0, 1.0, 1.0), "bob": ClassFigures(10, 9, 1.0, 0.9, 0.95)}
    return SingleLabelEvaluation(
        pictures=20, found=20, failure_to_acquire=0.0, correct=19, accuracy=0.95,
        accuracy_interval=(0.8, 1.0), accuracy_when_found=0.95, ece=0.02,
        seconds_per_picture=0.02, unreadable=(), per_class=rows, confusion=confusion([]),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("recipe", "acceptance", "better", "refuses", "promised"),
    [
        ("face-modern", Acceptance("similarity", 0.4, "population", 0.003, 0.003), "", True, 0.003),
        ("face-classic", Acceptance("similarity", -1.0), "face-modern", False, None),
        ("face-classic", Acceptance("similarity", 0.2, "", 0.01, 0.9), "face-modern", True, None),
        ("object-classic", Acceptance("similarity", -1.0), "object-modern", None, None),
    ],
)
def test_a_promise_is_the_population_s_and_a_modern_recipe_is_not_sent_to_a_modern_one(
    recipe: str, acceptance: Acceptance, better: str, refuses: bool | None, promised: float | None
) -> None:
    basis = VerdictBasis(RECIPES[recipe], Facts(acceptance=acceptance))
    found = single_label_figures(basis, evaluated())
    assert (found.better, found.refuses, found.promised) == (better, refuses, promised)
    assert found.weakest == WeakestClass("bob", 10, 9)
    assert (found.measured is not None) == (acceptance.fpir == 0.9)


def test_what_auto_tried_already_is_not_advised() -> None:
    tried: JsonObject = {"recipe": "face-modern", "accuracy": 0.5}
    facts = Facts(acceptance=Acceptance("similarity", -1.0), attempts=(tried,))
    basis = VerdictBasis(RECIPES["face-classic"], facts)
    assert single_label_figures(basis, evaluated()).better == ""


def test_page_terminal_report_and_result_show_the_same_sentence(
    drawn_shapes: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    options = ["--recipe", "object-classic", "--classifiers", "logistic_regression"]
    command = ["train", str(drawn_shapes), "--name", "shapes", *options]
    assert main([*command, "--artifacts", str(tmp_path)]) == 0
    last = capsys.readouterr().out.strip().splitlines()[-1]
    folder = tmp_path / "shapes" / "1"
    report = json.loads((folder / "report.json").read_text())
    facts = json.loads((folder / "manifest.json").read_text())["facts"]
    assert last == report["verdict"]["sentence"] == facts["verdict"]["sentence"]
    assert last in (folder / "report.html").read_text()
    assert Facts.from_json(facts).verdict == facts["verdict"]
    unfit = page({**report, "verdict": {**report["verdict"], "fit": False}})
    assert 'class="verdict unfit"' in unfit
    assert 'class="verdict' not in page({k: v for k, v in report.items() if k != "verdict"})


def test_a_sentence_about_somebody_forgotten_is_not_shown() -> None:
    facts = {"seconds": 1, "verdict": {"sentence": "weakest is ann", "fit": True, "names": ["ann"]}}
    assert without_names(facts, {"ann"}) == {"seconds": 1}
    assert without_names(facts, {"bob"}) == facts


def test_the_card_has_the_sentence_in_parts() -> None:
    weak, few = WeakestClass("cy", 20, 15), WeakestClass("cy", 3, 2, 1)
    assert verdict(figures(weakest=weak)).add is None  # more of the same would not help most
    found = verdict(figures(weakest=few, measured=MeasuredStrangers(0.1, "strangers", 10)))
    assert found.weakest == few
    assert found.add is not None
    assert (found.add.label, found.add.count) == ("cy", 12)
    assert (found.promised, found.measured) == (0.003, MeasuredStrangers(0.1, "strangers", 10))
    assert found.names == ("cy",)  # or erasing somebody would leave them on the card
