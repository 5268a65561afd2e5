"""File bytes to an upright image: the only file that opens pictures.

Pillow decodes, because it reads the size from the header before it spends memory, and because it
refuses a truncated file.
"""

from __future__ import annotations

import io
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import PIL.Image
import PIL.ImageOps

from data_cleaning.errors import BrokenPicture, EmptyPicture, NotAPicture
from data_cleaning.imaging.decoding_work import check_parts, check_scans
from data_cleaning.imaging.image import Image
from data_cleaning.imaging.limits import (
    DEFAULT_LIMITS,
    DISK_LIMITS,
    Limits,
    check_bytes,
    check_size,
)

try:
    import pillow_heif
except ImportError:  # the wheel is optional: without it, HEIC is one format fewer
    HEIF: tuple[str, ...] = ()
else:
    pillow_heif.register_heif_opener(thumbnails=False)
    HEIF = ("HEIF",)

# Set once and for all: `warnings.catch_warnings` around each call is not safe among threads
# (measured: four threads left the process with all warnings off). Our own limits decide, and odd
# metadata is no news.
PIL.Image.MAX_IMAGE_PIXELS = None
warnings.filterwarnings("ignore", module=r"PIL\.")

FORMATS = ("JPEG", "PNG", "WEBP", "BMP", "GIF", "PPM", *HEIF)
SUFFIXES = frozenset(
    {".jpg", ".jpeg", ".jfif", ".png", ".webp", ".bmp", ".gif", ".pgm", ".ppm", ".pnm"}
    | ({".heic", ".heif"} if HEIF else set())
)
READABLE = "JPEG, PNG, WebP, BMP, GIF, PGM/PPM" + (" or HEIC" if HEIF else "")


@dataclass(frozen=True)
class Header:
    """What the first bytes say: format name, width and height in pixels as stored (before EXIF
    turns them).
    """

    format: str
    width: int
    height: int


def decode(data: bytes, limits: Limits = DEFAULT_LIMITS) -> Image:
    """Bytes of a picture file to an upright image.

    Transparent pixels are laid on white, 16-bit and float greys are scaled to 8 bits, animations
    give their first frame.

    Raises EmptyPicture, NotAPicture, BrokenPicture, PictureTooSmall, PictureTooLarge.
    """
    with _opened(data, limits) as picture:
        try:
            picture.load()
            return _to_bgr(_upright(picture))
        except Exception as error:  # Pillow's decoders raise whatever they meet, MemoryError too
            raise BrokenPicture(
                f"The {picture.format} picture is damaged or incomplete ({_brief(error)}). Send the"
                " whole file."
            ) from error


def probe(data: bytes, limits: Limits = DEFAULT_LIMITS) -> Header:
    """Format and size from the header alone, checked against the limits; nothing is decoded.

    Raises as `decode` does, but for damage behind the header.
    """
    with _opened(data, limits) as picture:
        return Header(str(picture.format), *picture.size)


def read(path: Path, limits: Limits = DISK_LIMITS) -> Image:
    """`decode` for a file on disk."""
    return decode(load(path, limits), limits)


def load(path: Path, limits: Limits = DISK_LIMITS) -> bytes:
    """The bytes of a file, its size checked before memory is spent.

    Raises PictureTooLarge, OSError.
    """
    check_bytes(path.stat().st_size, limits)
    return path.read_bytes()


@contextmanager
def _opened(data: bytes, limits: Limits) -> Iterator[PIL.Image.Image]:
    """The lazily opened picture, its header checked against the limits."""
    if not data:
        raise EmptyPicture(f"The picture is empty: 0 bytes came. Send a {READABLE} file.")
    check_bytes(len(data), limits)
    scans = check_parts(data)
    try:
        picture = PIL.Image.open(io.BytesIO(data), formats=FORMATS)
    except PIL.UnidentifiedImageError as error:
        raise NotAPicture(
            f"This is not a picture that can be read. Send a {READABLE} file."
        ) from error
    except Exception as error:
        raise BrokenPicture(
            f"The picture's header is damaged ({_brief(error)}). Send a whole {READABLE} file."
        ) from error
    with picture:
        check_size(*picture.size, limits)
        check_scans(scans, picture.width * picture.height)
        yield picture


def _upright(picture: PIL.Image.Image) -> PIL.Image.Image:
    """The EXIF orientation applied; malformed EXIF counts as none."""
    try:
        PIL.ImageOps.exif_transpose(picture, in_place=True)
        return picture
    except (
        Exception
    ):  # a picture's pixels are worth more than its metadata: any parser error means upright
        return picture


def _to_bgr(picture: PIL.Image.Image) -> Image:
    if picture.mode.startswith(
        ("I", "F")
    ):  # 16-bit or float grey, which Pillow would clip instead of scale
        top = 65535.0 if picture.mode.startswith("I") else 1.0
        values = np.nan_to_num(np.asarray(picture).astype(np.float32) * np.float32(255.0 / top))
        picture = PIL.Image.fromarray(np.clip(values, 0, 255).round().astype(np.uint8))
    if picture.has_transparency_data:
        picture = picture.convert("RGBA")
        white = PIL.Image.new("RGBA", picture.size, (255, 255, 255, 255))
        picture = PIL.Image.alpha_composite(white, picture)
    if picture.mode != "RGB":
        picture = picture.convert("RGB")
    return cv2.cvtColor(np.asarray(picture), cv2.COLOR_RGB2BGR)  # type: ignore[return-value]


def _brief(error: Exception) -> str:
    """The first line of a library's message, short enough to show."""
    text = (str(error) or type(error).__name__).splitlines()[0]
    return text if len(text) <= 80 else text[:77] + "..."
