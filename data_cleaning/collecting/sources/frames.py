"""Sources that film: video files and cameras. Frames that are near copies are left out."""

from __future__ import annotations

import math
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import partial
from itertools import islice
from pathlib import Path
from urllib.parse import urlsplit

from data_cleaning.collecting.entries import CollectOptions, Entry, Plan
from data_cleaning.imaging.encoding import encode
from data_cleaning.imaging.image import Image
from data_cleaning.imaging.video import SUFFIXES, Camera, Frame, Video

QUALITY = 95  # of the JPEG that a frame becomes


def is_video(source: str) -> bool:
    """Whether a source is a video file, by its name."""
    return Path(source).is_file() and source.lower().endswith(SUFFIXES)


def is_camera(source: str) -> bool:
    """Whether a source is an rtsp address, or a video device."""
    return source.lower().startswith(("rtsp://", "rtsps://", "/dev/video"))


def video(source: str, options: CollectOptions) -> Plan:
    """A frame every so many seconds, or one a scene. Raises DatasetError, PictureTooLarge."""
    path, wanted = Path(source), options.frame
    opened = Video(path, options.picture)
    frames = opened.scenes() if wanted.scenes else opened.frames(wanted.every)
    entries = (_entry(f"{path.name}#{frame.seconds:.2f}", frame.image) for frame in frames)
    known = opened.seconds and not wanted.scenes
    return Plan(entries, math.ceil(opened.seconds / wanted.every) if known else None)


def camera(source: str, options: CollectOptions) -> Plan:
    """A frame every so many seconds, as many as are wanted. Raises as `video` does."""
    wanted = options.frame
    frames = Camera(source, options.picture).frames(wanted.every)
    shown = _without_password(source)
    return Plan(_filmed(shown, islice(frames, wanted.frames)), wanted.frames, shown=shown)


def _filmed(name: str, frames: Iterator[Frame]) -> Iterator[Entry]:
    for frame in frames:
        time = datetime.now(UTC).isoformat(timespec="milliseconds")
        yield _entry(f"{name}#{time}", frame.image)


def _entry(name: str, image: Image) -> Entry:
    return Entry(name, partial(encode, image, ".jpg", QUALITY), alike=False)


def _without_password(source: str) -> str:
    """A camera's address often holds one, and sources.jsonl is read by people."""
    try:
        parts = urlsplit(source)
        if parts.username is None and parts.password is None:
            return source
        return parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl()
    except ValueError:
        return source
