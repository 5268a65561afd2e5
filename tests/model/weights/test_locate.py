"""Where pretrained files lie, and that no file is taken whose content is another."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from data_cleaning.errors import WeightsBroken, WeightsMissing
from data_cleaning.pretrained import PRETRAINED, locate, weights_dir
from model.weights.catalogue import Weight
from tests.model.weights.small_files import CONTENT


@pytest.mark.parametrize(
    ("given", "environment", "expected"),
    [
        (None, None, Path.home() / ".cache/likeness/weights"),
        (None, "", Path.home() / ".cache/likeness/weights"),
        (None, "/somewhere/else", Path("/somewhere/else")),
        (Path("/given"), "/somewhere/else", Path("/given")),
        (Path("~/given"), None, Path.home() / "given"),
    ],
)
def test_weights_dir(
    given: Path | None, environment: str | None, expected: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("LIKENESS_WEIGHTS", raising=False)
    if environment is not None:
        monkeypatch.setenv("LIKENESS_WEIGHTS", environment)
    assert weights_dir(given) == expected


def test_locate_checks_the_content_and_names_the_command(tiny: Weight, tmp_path: Path) -> None:
    path = tmp_path / tiny.filename
    with pytest.raises(WeightsMissing, match="python -m model weights tiny --dir"):
        locate("tiny", tmp_path)
    path.write_bytes(CONTENT)
    assert locate("tiny", tmp_path) == path
    path.write_bytes(CONTENT + b"!")
    with pytest.raises(
        WeightsBroken, match=f"damaged or another version.*{tiny.sha256}.*weights tiny"
    ):
        locate("tiny", tmp_path)


def test_a_change_of_the_same_length_is_seen(tiny: Weight, tmp_path: Path) -> None:
    path = tmp_path / tiny.filename
    path.write_bytes(CONTENT)
    locate("tiny", tmp_path)
    path.write_bytes(CONTENT[::-1])
    os.utime(path, ns=(0, 0))
    with pytest.raises(WeightsBroken, match="damaged"):
        locate("tiny", tmp_path)


@pytest.mark.parametrize("name", list(PRETRAINED))
def test_locate_in_the_folder_of_the_environment(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LIKENESS_WEIGHTS", str(tmp_path))
    with pytest.raises(WeightsMissing, match=f"get it with: python -m model weights {name}$"):
        locate(name)


def test_locate_refuses_an_unknown_name(tmp_path: Path) -> None:
    with pytest.raises(WeightsMissing, match=r"called 'vgg'.*yunet, dlib_face"):
        locate("vgg", tmp_path)
