"""Frames of any source, as JPEG: one every so many seconds, until it ends or fails.

A source is named by its address or path: rtsp, a device, a video file, MJPEG or a picture by http.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from data_cleaning.errors import DatasetError
from data_cleaning.imaging.decoding import decode
from data_cleaning.imaging.encoding import encode
from data_cleaning.imaging.image import Image
from data_cleaning.imaging.video import Camera, Video
from likeness.watching.http_frames import http_pictures
from likeness.watching.motion import Motion

QUALITY = 90  # of the JPEG that a frame becomes
WEB, CAMERAS = ("http://", "https://"), ("rtsp://", "rtsps://", "/dev/")
STILL = 3.0  # seconds for which it is looked on after the last motion


@dataclass(frozen=True)
class Taken:
    """jpeg: the frame. at: seconds, of a steady clock. time: milliseconds since 1970."""

    jpeg: bytes
    at: float
    time: int


@dataclass(frozen=True)
class Wanted:
    """every: seconds between two frames. motion: only while something moves."""

    every: float = 1.0
    motion: bool = False


def is_file(source: str) -> bool:
    """Whether a source ends by itself: a video file."""
    return "://" not in source and not source.startswith("/dev/") and Path(source).is_file()


def without_password(source: str) -> str:
    """A source as it may be shown."""
    try:
        parts = urlsplit(source)
        return parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl()
    except ValueError:
        return "the camera"


def check(source: str) -> None:
    """Raises DatasetError for what is no source, whether or not a camera is there now."""
    if not is_file(source) and not source.startswith((*WEB, *CAMERAS)):
        raise DatasetError(
            f"{without_password(source)} is no source: name an rtsp, http or https address, a"
            " device as /dev/video0, or a video file that is there."
        )


def frames(source: str, wanted: Wanted) -> Iterator[Taken]:
    """What the source shows. Raises LikenessError, OSError where it cannot be opened or fails."""
    if is_file(source):
        return _of_file(source, wanted)
    if source.startswith(WEB):
        return _moving(_of_address(source, wanted), wanted)
    return _moving(_of_camera(source, wanted), wanted)


@dataclass(frozen=True)
class _Seen:
    """A frame before anybody knows whether it is wanted."""

    jpeg: Callable[[], bytes]
    image: Callable[[], Image]
    at: float
    time: int


def _of_file(source: str, wanted: Wanted) -> Iterator[Taken]:
    begun, now = time.monotonic(), time.time()
    motion = Motion()
    for frame in Video(Path(source)).frames(wanted.every):
        at, when = begun + frame.seconds, int((now + frame.seconds) * 1000)
        if not wanted.motion or motion.moved(frame.image):
            yield Taken(encode(frame.image, ".jpg", QUALITY), at, when)


def _of_camera(source: str, wanted: Wanted) -> Iterator[_Seen]:
    with closing(Camera(source).frames(wanted.every)) as shots:
        for frame in shots:
            image = frame.image
            yield _Seen(
                lambda image=image: encode(image, ".jpg", QUALITY),  # type: ignore[misc]
                lambda image=image: image,  # type: ignore[misc]
                time.monotonic(),
                time.time_ns() // 1_000_000,
            )


def _of_address(source: str, wanted: Wanted) -> Iterator[_Seen]:
    with closing(http_pictures(source, wanted.every)) as pictures:
        for jpeg in pictures:
            yield _Seen(
                lambda jpeg=jpeg: jpeg,  # type: ignore[misc]
                lambda jpeg=jpeg: decode(jpeg),  # type: ignore[misc]
                time.monotonic(),
                time.time_ns() // 1_000_000,
            )


def _moving(shots: Iterator[_Seen], wanted: Wanted) -> Iterator[Taken]:
    """All of them; or those while something moves, and for a little longer."""
    motion, until = Motion(), 0.0
    for shot in shots:
        if wanted.motion and motion.moved(shot.image()):
            until = shot.at + STILL
        if not wanted.motion or shot.at <= until:
            yield Taken(shot.jpeg(), shot.at, shot.time)
