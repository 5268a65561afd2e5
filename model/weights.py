"""Pretrained files: where they are found."""

from __future__ import annotations

import os
from pathlib import Path

from data_cleaning.errors import WeightsMissing

FILES = {
    "yunet": "face_detection_yunet_2023mar.onnx",
    "dlib_face": "dlib_face_resnet.onnx",
    "coco_ssd": "coco_ssd.onnx",
    "efficientnet_lite0": "efficientnet_lite0.onnx",
}


def locate(name: str) -> Path:
    """The installed file. Raises WeightsMissing."""
    folder = Path(os.environ.get("LIKENESS_WEIGHTS") or Path.home() / ".cache" / "likeness" / "weights")
    if not (folder / FILES[name]).is_file():
        raise WeightsMissing(f"The pretrained file {FILES[name]} is not installed. Run: python -m model weights")
    return folder / FILES[name]
