"""A data set as numpy arrays."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from data_cleaning.datasets.dataset import Dataset
from data_cleaning.datasets.decisions import Decision
from data_cleaning.files import sha256_of_file
from tests.data_cleaning.commands import run
from tests.support.pictures import scene, write


def test_the_arrays(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    root = tmp_path / "people"
    red = np.zeros((60, 120, 3), np.uint8)
    red[:, 30:90] = (0, 0, 255)  # the square in the middle, in the order of OpenCV
    write(root / "ada" / "red.png", red)
    for number in range(3):
        write(root / "bob" / f"{number}.png", scene(number))
    (root / "bob" / "broken.png").write_bytes(b"no picture")
    rejected = sha256_of_file(root / "bob" / "2.png")
    Dataset(root).decide(Decision(rejected, "reject", "bob"))
    code, out, _ = run(capsys, "npz", root, tmp_path / "p.npz", "--size", 32)
    assert code == 1 and "bob/broken.png" in out
    with np.load(tmp_path / "p.npz", allow_pickle=False) as found:
        assert found["images"].shape == (3, 32, 32, 3) and found["images"].dtype == np.uint8
        assert found["classes"].tolist() == ["ada", "bob"]
        assert found["labels"].tolist() == [0, 1, 1]
        assert found["files"].tolist() == ["ada/red.png", "bob/0.png", "bob/1.png"]
        assert found["sha256"][0] == sha256_of_file(root / "ada" / "red.png")
        assert (found["images"][0] == (255, 0, 0)).all(), "RGB"


def test_too_much_for_one_file(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from data_cleaning.exchange import arrays

    write(tmp_path / "people" / "ada" / "1.png", scene(1))
    monkeypatch.setattr(arrays, "MOST_BYTES", 1000)
    code, _, told = run(capsys, "npz", tmp_path / "people", tmp_path / "p.npz")
    assert code == 2 and "Choose a smaller --size" in told
    assert not (tmp_path / "p.npz").exists()
