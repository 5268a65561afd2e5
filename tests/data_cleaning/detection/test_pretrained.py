"""The detectors take no pretrained file whose content nobody has checked."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from data_cleaning.detection.batch_detection import best_face_detector, load_detector
from data_cleaning.errors import WeightsBroken, WeightsMissing
from data_cleaning.pretrained import PRETRAINED
from tests.support.pictures import YUNET, needs_yunet


def test_a_detector_refuses_another_file_under_the_right_name(tmp_path: Path) -> None:
    (tmp_path / PRETRAINED["yunet"].filename).write_bytes(b"another network")
    with pytest.raises(WeightsBroken, match="damaged or another version"):
        load_detector("yunet_face", tmp_path)


def test_a_file_that_only_begins_as_the_right_one_is_not_taken(tmp_path: Path) -> None:
    (tmp_path / "yunet_of_mine.onnx").write_bytes(b"another network")
    with pytest.raises(WeightsMissing, match=r"needs a pretrained file .* --weights FILE"):
        load_detector("yunet_face", tmp_path)


@needs_yunet
def test_the_file_of_the_environment_is_taken_where_it_is_right(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LIKENESS_WEIGHTS", str(tmp_path))
    assert best_face_detector() == "haar_face"
    shutil.copy(YUNET, tmp_path)
    assert best_face_detector() == "yunet_face"
