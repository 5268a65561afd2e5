"""How large a picture may be before memory is spent on it. Nothing is opened here."""

from __future__ import annotations

from dataclasses import dataclass

from data_cleaning.errors import PictureTooLarge, PictureTooSmall

MIN_SIDE = 8  # pixels: below this nothing in the project finds anything


@dataclass(frozen=True)
class Limits:
    """What a picture may weigh before we spend memory on it.

    pixels: width x height, read from the header. bytes: length of the file.
    """

    pixels: int = 40_000_000
    bytes: int = 15 * 1024 * 1024


DEFAULT_LIMITS = Limits()
# One's own files on disk are only limited by their pixels.
DISK_LIMITS = Limits(bytes=200 * 1024 * 1024)


def check_bytes(size: int, limits: Limits) -> None:
    """Raise PictureTooLarge where a file of `size` bytes is over the limit."""
    if size > limits.bytes:
        text = f"The file has {size:,} bytes; at most {limits.bytes:,} bytes are allowed."
        raise PictureTooLarge(text, picture_bytes=limits.bytes)


def check_size(width: int, height: int, limits: Limits) -> None:
    """Raise PictureTooSmall or PictureTooLarge where these pixels are outside the limits."""
    if min(width, height) < MIN_SIDE:
        text = (
            f"The picture is {width} x {height} pixels; each side needs at least {MIN_SIDE} pixels."
        )
        raise PictureTooSmall(text, picture_side=MIN_SIDE)
    if width * height > limits.pixels:
        raise PictureTooLarge(
            f"The picture is {width} x {height} = {width * height:,} pixels; "
            f"at most {limits.pixels:,} pixels are allowed.",
            picture_pixels=limits.pixels,
        )
