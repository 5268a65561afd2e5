"""What came of a training, in German: each sentence made by the page from the service's codes."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest

from model.evaluation.plain_data import to_plain
from model.reporting.verdict import sentence
from model.reporting.verdict.sentence import (
    MeasuredStrangers,
    VerdictFigures,
    WeakestClass,
    verdict,
)
from model.workflows import compare_recipes, promotion_gate
from model.workflows.promotion_gate import ReasonToWait
from server.training.job_runner import NOT_STARTED
from server.training.jobs import INTERRUPTED
from server.training.training_child import OUT_OF_MEMORY, TOO_LONG
from tests.support.browsing import Live
from tests.support.paths import ROOT
from tests.support.started import no_runner
from tests.ui.admin_page import Start, signed_in

MODELS = ROOT / "ui" / "js" / "models"
TRIED = [
    {"recipe": "face-modern", "accuracy": 0.98, "kept": True, "strangers_named": 0.003},
    {"recipe": "face-classic", "accuracy": 0.7, "kept": False, "strangers_named": None},
    {"recipe": "face-light", "accuracy": None, "kept": False, "strangers_named": None},
]


def test_every_code_has_a_sentence() -> None:
    advice = re.findall(r'^  (\w+): "verdict\.', (MODELS / "verdict.js").read_text(), re.MULTILINE)
    assert {
        sentence.DOUBTFUL, sentence.BETTER, sentence.BETTER_MISSING, sentence.STRANGERS,
        sentence.MORE, sentence.NOT_FOUND, sentence.MISTAKES,
    } == {*advice} - {"face", "person", "object"}  # fmt: skip
    reasons = (MODELS / "reasons.js").read_text()
    codes = [
        compare_recipes.NEEDS_NO_FILES, compare_recipes.QUICKEST_OF_BEST, compare_recipes.ONLY_ONE,
        promotion_gate.FEWER, promotion_gate.WORSE,
    ]  # fmt: skip
    assert [code for code in codes if not re.search(rf"\b{code}\b", reasons)] == []


@pytest.fixture
def german(browser: Any) -> Iterator[Any]:
    context = browser.new_context(locale="de-DE")
    yield context.new_page()
    context.close()


def ended(page: Any, server: Live, state: str, **values: object) -> str:
    """What the page says of a training that ended so."""
    jobs = server.app.extensions["likeness"].jobs
    jobs.start_runner = no_runner
    job = jobs.add("train", {"dataset": "d", "model": "letters", "recipe": None}, "me").id
    jobs.take()
    jobs.change(job, state=state, **values)
    signed_in(page, server, "train", "/")
    page.goto(f"{server.url}/models")
    return str(page.inner_text(f"[data-job='{job}']"))


@pytest.mark.browser
def test_a_finished_training_is_german_throughout(german: Any, live: Start) -> None:
    weak = WeakestClass("ada_lovelace", 8, 6)
    measured = MeasuredStrangers(0.0, "40 pictures of strangers", 40)
    figures = VerdictFigures("face", 5, 100, 97, weak, promised=0.003, measured=measured)
    waits = ReasonToWait(promotion_gate.FEWER, "In English.", 1, ("ada_lovelace", "bob"), 2)
    result = {
        "version": 2,
        "verdict": to_plain(verdict(figures)),
        "choice": "In English.",
        "choice_code": compare_recipes.QUICKEST_OF_BEST,
        "auto": TRIED,
        "waits": waits.sentence,
        "waits_because": to_plain(waits),
    }
    said = ended(german, live(), "done", result=result)
    for words in (
        "Es würde Ihre 5 Personen in 97 von 100 Bildern erkennen, die es nicht gesehen hatte."
        " Einen Namen bekämen 3 von 1.000 Fremden, wie es verspricht (gemessen: keines von 40"
        " Bildern von Fremden). Am schwächsten ist Ada Lovelace, 6 von 8. Fügen Sie Bilder von Ada"
        " Lovelace hinzu, bis es 15 oder mehr sind.",
        "Rezept face-modern: Es verfehlt 2 % und ist das schnellste der besten von 2, die"
        " versucht wurden. Es benennt 0,3 % der Fremden.",
        "Version 1, die antwortet, kennt auch Ada Lovelace, Bob und 2 weitere.",
    ):
        assert words in said.replace("\u00a0", " ")
    assert "English" not in said


@pytest.mark.browser
def test_one_that_is_not_fit_is_german_too(german: Any, live: Start) -> None:
    left_out = MeasuredStrangers(0.98, "people left out of it")
    figures = VerdictFigures(
        "face", 1, 10, 6, measured=left_out, better="face-modern", better_missing=True
    )
    sure = (0.9, 1.0)
    waits = ReasonToWait(promotion_gate.WORSE, "In English.", 1, before=sure, now=(0.2, 0.7))
    result = {
        "version": 2,
        "verdict": to_plain(verdict(figures)),
        "choice": "In English.",
        "choice_code": compare_recipes.NEEDS_NO_FILES,
        "waits": waits.sentence,
        "waits_because": to_plain(waits),
    }
    said = ended(german, live(), "done", result=result).replace("\u00a0", " ")
    for words in (
        "Taugt nicht für den Einsatz. Es würde die eine Person in 6 von 10 Bildern erkennen, die es"
        " nicht gesehen hatte. Einen Namen bekämen 98 von 100 Personen, die beim Lernen fehlten."
        " Wählen Sie das Rezept face-modern, sobald seine vortrainierten Dateien",
        "Rezept face-classic: Es ist keine vortrainierte Datei installiert",
        "Sie hatte bei 20 % bis 70 % ungesehener Bilder recht, Version 1, die antwortet, bei 90 %"
        " bis 100 %.",
    ):
        assert words in said
    assert "English" not in said


def test_every_cause_has_a_sentence() -> None:
    causes = {TOO_LONG, OUT_OF_MEMORY, INTERRUPTED, NOT_STARTED}
    reasons = (MODELS / "reasons.js").read_text()
    assert causes == set(re.findall(r'^  "?([\w-]+)"?: "failed\.', reasons, re.MULTILINE))


@pytest.mark.browser
@pytest.mark.parametrize(
    ("result", "words"),
    [
        (
            {"code": "dataset-error"},
            "Der Datensatz ist so nicht zu gebrauchen. Der Server sagt auf Englisch: „Too few.“",
        ),
        ({"code": "too-long", "minutes": 60}, "Es dauerte länger als die 60 Minuten, die"),
        (None, "Der Server sagt auf Englisch: „Too few.“"),
    ],
)
def test_a_failed_training_is_told_in_german(
    german: Any, live: Start, result: object, words: str
) -> None:
    said = ended(german, live(), "failed", result=result, message="error: Too few.")
    assert words in said
    assert "error:" not in said
