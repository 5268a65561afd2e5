"""Frames of video files and cameras: the only file that opens a video. Nothing is stored here."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Generator, Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from data_cleaning.errors import DatasetError
from data_cleaning.imaging.image import Image
from data_cleaning.imaging.limits import DEFAULT_LIMITS, Limits, check_size
from data_cleaning.imaging.near_duplicates import difference_hash

SUFFIXES = (".mp4", ".m4v", ".mov", ".avi", ".mkv", ".webm", ".mpg", ".mpeg")
SCENE_STEP = 0.2  # seconds between two frames that are compared for a change of scene
SCENE = 0.6  # part of the edges that differ where the scene has changed
OPENING, READING = 15_000, 15_000  # milliseconds that a camera may take
# What FFmpeg may open: a video file may name others to go on with, and none of these is an address.
FILES_ONLY = "protocol_whitelist;file,crypto,data"
CAMERAS_ONLY = "protocol_whitelist;rtsp,rtsps,rtp,srtp,tcp,udp,tls,crypto|rtsp_transport;tcp"
_OPTIONS = "OPENCV_FFMPEG_CAPTURE_OPTIONS"


@dataclass(frozen=True)
class Frame:
    """image: the picture. seconds: since the beginning of the video, or of looking."""

    image: Image
    seconds: float


class Video:
    """A video file, opened. seconds: how long it is, 0 where it does not say.

    Raises DatasetError where it is none that can be read, PictureTooLarge for too large a picture.
    """

    def __init__(self, path: Path, limits: Limits = DEFAULT_LIMITS) -> None:
        with _ffmpeg(FILES_ONLY):
            self._capture = cv2.VideoCapture(str(path), cv2.CAP_FFMPEG)
        if not self._capture.isOpened():
            raise DatasetError(f"{path} is no video that can be read.")
        _check_size(self._capture, limits)
        frames = self._capture.get(cv2.CAP_PROP_FRAME_COUNT)
        rate = self._capture.get(cv2.CAP_PROP_FPS)
        self.seconds = max(0.0, frames / rate) if rate > 0 else 0.0

    def frames(self, every: float) -> Iterator[Frame]:
        """One frame every so many seconds, the first at once; the others are not decoded."""
        due = 0.0
        with contextlib.closing(self):
            while self._capture.grab():
                seconds = self._capture.get(cv2.CAP_PROP_POS_MSEC) / 1000
                if seconds + 1e-6 < due:
                    continue
                got, image = self._capture.retrieve()
                if got:
                    due = seconds + every
                    yield Frame(image.astype(np.uint8, copy=False), seconds)

    def scenes(self) -> Iterator[Frame]:
        """The first frame, and one after each change of scene."""
        last = None
        for frame in self.frames(SCENE_STEP):
            look = difference_hash(frame.image)
            if last is None or _differ(last, look) > SCENE:
                yield frame
            last = look

    def close(self) -> None:
        self._capture.release()


class Camera:
    """A camera, opened. device: an rtsp address, or the path of a device as /dev/video0.

    Raises DatasetError where it cannot be opened, PictureTooLarge.
    """

    def __init__(self, device: str, limits: Limits = DEFAULT_LIMITS) -> None:
        if "://" in device:
            patience = [cv2.CAP_PROP_OPEN_TIMEOUT_MSEC, OPENING]
            patience += [cv2.CAP_PROP_READ_TIMEOUT_MSEC, READING]
            with _ffmpeg(CAMERAS_ONLY):
                self._capture = cv2.VideoCapture(device, cv2.CAP_FFMPEG, patience)
        else:
            self._capture = cv2.VideoCapture(device, cv2.CAP_V4L2)
        if not self._capture.isOpened():
            raise DatasetError("The camera does not answer. See that its address is right.")
        _check_size(self._capture, limits)

    def frames(self, every: float) -> Generator[Frame, None, None]:
        """One frame every so many seconds, until the camera ends or nobody wants more."""
        begun = time.monotonic()
        due = begun
        with contextlib.closing(self):
            while self._capture.grab():  # all of them, or the next one would be an old one
                now = time.monotonic()
                if now < due:
                    continue
                got, image = self._capture.retrieve()
                if got:
                    due = now + every
                    yield Frame(image.astype(np.uint8, copy=False), now - begun)

    def close(self) -> None:
        self._capture.release()


def _check_size(capture: cv2.VideoCapture, limits: Limits) -> None:
    width = int(capture.get(cv2.CAP_PROP_FRAME_WIDTH))
    height = int(capture.get(cv2.CAP_PROP_FRAME_HEIGHT))
    check_size(width, height, limits)


def _differ(one: NDArray[np.uint8], other: NDArray[np.uint8]) -> float:
    """The share of edges of either that the other has not: 0 to 1."""
    either = int(np.unpackbits(one | other).sum())
    return 1 - int(np.unpackbits(one & other).sum()) / either if either else 0.0


@contextlib.contextmanager
def _ffmpeg(options: str) -> Iterator[None]:
    """OpenCV takes FFmpeg's options from the environment alone."""
    before = os.environ.get(_OPTIONS)
    os.environ[_OPTIONS] = options
    try:
        yield
    finally:
        os.environ.pop(_OPTIONS)
        if before is not None:
            os.environ[_OPTIONS] = before
