"""The manifest: written as it was read, whatever it holds."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from data_cleaning.errors import BundleBroken
from model.recognition.manifest import Facts, Manifest, read_manifest
from model.recognition.predictions import Reason
from tests.support.paths import ROOT

SHIPPED = sorted((ROOT / "artifacts").glob("*/*/manifest.json"))


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.parent.parent.name)
def test_a_shipped_manifest_is_written_as_it_was_read(path: Path, tmp_path: Path) -> None:
    read_manifest(path.parent).write(tmp_path / "manifest.json")
    # what older versions did not know is written now, as empty
    newer = {"thresholds": [], "nobody": None}
    before, after = (
        json.loads(path.read_text()),
        json.loads((tmp_path / "manifest.json").read_text()),
    )
    assert after == newer | before
    if newer.keys() <= before.keys():
        assert (tmp_path / "manifest.json").read_bytes() == path.read_bytes()


@pytest.mark.parametrize(
    "facts",
    [
        {},
        {"dataset": "raw", "shoe_size": [41, None]},
        {"auto": [{"recipe": "face-light", "reason": ""}], "wishes": {"folds": 5}},
        {"crossval": {
            "pictures": 2, "correct": 0, "accuracy": None, "accuracy_interval": [0.0, 0.6],
            "failure_to_acquire": 0.0, "ece": None, "newer": 1,
        }},
        {"trials": [{
            "name": "svm", "score": 1.0, "spread": 0.0, "parameters": {"C": 1.0},
            "fit_seconds": 0.1, "search_seconds": 0.2, "newer": "x",
        }]},
    ],
)  # fmt: skip
def test_facts_lose_nothing(facts: dict) -> None:
    assert json.dumps(Facts.from_json(facts).to_json()) == json.dumps(facts)


def test_a_key_from_a_newer_version_stays() -> None:
    data = json.loads(SHIPPED[0].read_text()) | {"newer": {"key": 1}}
    assert Manifest.from_json(data).to_json()["newer"] == {"key": 1}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("{", "has no readable manifest.json"),
        ("{}", "has no readable manifest.json"),
        ('{"format": 1, "files": {}}', "cannot be read"),
        ('{"format": 2, "files": {}}', "has format 2; this version reads 1"),
    ],
)
def test_what_is_no_manifest_is_refused(text: str, words: str, tmp_path: Path) -> None:
    (tmp_path / "manifest.json").write_text(text)
    with pytest.raises(BundleBroken, match=words):
        read_manifest(tmp_path)


def test_reasons_are_written_as_words() -> None:
    assert json.dumps([*Reason]) == (
        '["known", "unknown", "taken", "too_small", "nobody", "nothing_found"]'
    )
