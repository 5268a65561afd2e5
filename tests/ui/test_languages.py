"""Every sentence of the page stands once in each language, is used, and is written nowhere else."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.ui.sentences import (
    FILES,
    LANGUAGES,
    SCREENS,
    UI,
    calls,
    keys_in,
    placeholders,
    scripts_of,
    sentences,
    sentences_in,
    written_in,
)

ALL = {language: sentences(language) for language in LANGUAGES}
KEYS = set(ALL["en"])
OFTEN, REST = set(sentences_in("en")), set(sentences_in(f"en{SCREENS}"))
SECTIONS = {key.split(".")[0] for key in KEYS}


def name(path: Path) -> str:
    return path.relative_to(UI).as_posix()


def test_there_is_more_than_one_language() -> None:
    assert {"en", "de"} <= set(LANGUAGES)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_language_has_every_sentence_with_the_same_values(language: str) -> None:
    assert set(ALL[language]) == KEYS
    for key, entry in ALL[language].items():
        assert placeholders(entry) == placeholders(ALL["en"][key]), key
        forms = [entry] if isinstance(entry, str) else [*entry.values()]
        assert all(form.strip() == form != "" for form in forms), key
        assert isinstance(entry, str) or "other" in entry, key


def test_every_sentence_is_used_and_each_that_is_used_is_there() -> None:
    used = {path: keys_in(path, SECTIONS) for path in FILES}
    missing = {name(path): keys - KEYS for path, keys in used.items() if keys - KEYS}
    assert missing == {}
    assert sorted(KEYS - set().union(*used.values())) == []


@pytest.mark.parametrize("screen", sorted(UI.glob("*.html")), ids=name)
def test_a_screen_loads_the_sentences_that_it_says(screen: Path) -> None:
    """And Recognise none besides: its first load is weighed."""
    used = set().union(*(keys_in(path, SECTIONS) for path in (screen, *scripts_of(screen))))
    asks = 'data-sentences="screens"' in screen.read_text()
    assert used & KEYS, "the scripts are not followed"
    assert used & KEYS <= (KEYS if asks else OFTEN)
    assert asks != (screen.name in {"index.html", "nothing-here.html"})


def test_the_files_of_a_language_are_cut_alike() -> None:
    for language in LANGUAGES:
        assert set(sentences_in(language)) == OFTEN, language
        assert set(sentences_in(f"{language}{SCREENS}")) == REST, language


@pytest.mark.parametrize("path", [path for path in FILES if path.suffix == ".js"], ids=name)
def test_a_sentence_gets_the_values_that_it_names(path: Path) -> None:
    for key, values in calls(path):
        assert placeholders(ALL["en"][key]) <= values, key


@pytest.mark.parametrize("path", FILES, ids=name)
def test_what_a_person_reads_stands_among_the_sentences(path: Path) -> None:
    assert written_in(path) == []
