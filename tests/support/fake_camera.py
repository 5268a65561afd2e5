"""A camera that shows pictures of ours: a film that chromium takes for its device.

Nothing here is a test.
"""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np

from data_cleaning.imaging.image import Image

SIZE = (640, 480)
FLAGS = ["--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream"]


def film(path: Path, frames: list[Image], each: int = 1) -> list[str]:
    """Write a Y4M file in which each frame stands for `each` thirds of a second; it begins anew at
    its end. The arguments with which chromium takes it for its camera.

    frames: uint8, blue, green, red.
    """
    with path.open("wb") as out:
        out.write(b"YUV4MPEG2 W%d H%d F3:1 Ip A1:1 C420jpeg\n" % SIZE)
        for frame in frames:
            out.write(_frame(frame) * each)
    return [*FLAGS, f"--use-file-for-fake-video-capture={path}"]


def _frame(frame: Image) -> bytes:
    width, height = SIZE
    canvas = np.zeros((height, width, 3), np.uint8)
    factor = min(width / frame.shape[1], height / frame.shape[0])
    small = cv2.resize(frame, None, fx=factor, fy=factor, interpolation=cv2.INTER_AREA)
    canvas[: small.shape[0], : small.shape[1]] = small
    return b"FRAME\n" + cv2.cvtColor(canvas, cv2.COLOR_BGR2YUV_I420).tobytes()
