"""Picture bytes to pixels and back. The only file that decodes, resizes or encodes.

`Image`, everywhere in this project: numpy uint8, shape (height, width, 3), blue-green-red, upright
(the EXIF orientation is already applied). Pillow decodes, because it reads the size from the header
before it spends memory and refuses a truncated file; OpenCV resizes and encodes.
"""

from __future__ import annotations

import io
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import PIL.Image
import PIL.ImageOps
from numpy.typing import NDArray

from data_cleaning.errors import (
    BrokenPicture,
    EmptyPicture,
    NotAPicture,
    PictureTooLarge,
    PictureTooSmall,
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

Image = NDArray[np.uint8]

FORMATS = ("JPEG", "PNG", "WEBP", "BMP", "GIF", "PPM", *HEIF)
SUFFIXES = frozenset(
    {".jpg", ".jpeg", ".jfif", ".png", ".webp", ".bmp", ".gif", ".pgm", ".ppm", ".pnm"}
    | ({".heic", ".heif"} if HEIF else set())
)
READABLE = "JPEG, PNG, WebP, BMP, GIF, PGM/PPM" + (" or HEIC" if HEIF else "")
MIN_SIDE = 8  # pixels: below this nothing in the project finds anything


@dataclass(frozen=True)
class Limits:
    """What a picture may weigh before we spend memory on it.

    pixels: width x height, read from the header. bytes: length of the file.
    """

    pixels: int = 40_000_000
    bytes: int = 15 * 1024 * 1024


DEFAULT_LIMITS = Limits()
DISK_LIMITS = Limits(
    bytes=200 * 1024 * 1024
)  # one's own files on disk are only limited by their pixels


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
        except (MemoryError, KeyboardInterrupt):
            raise
        except Exception as error:  # Pillow's decoders raise whatever they meet
            raise BrokenPicture(
                f"The {picture.format} picture is damaged or incomplete ({_brief(error)}). Send the"
                " whole file."
            ) from error
        return _to_bgr(_upright(picture))


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
    _check_bytes(path.stat().st_size, limits)
    return path.read_bytes()


def resize(image: Image, width: int, height: int) -> Image:
    """To exactly width x height pixels: area averaging when it shrinks, bilinear when it grows.

    The one resize of the project: kernels differ by more than a JPEG round trip does. Keeps the
    dtype and the number of channels.
    """
    shrinks = width * height < image.shape[0] * image.shape[1]
    method = cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR
    return cv2.resize(image, (width, height), interpolation=method)  # type: ignore[return-value]


def shrink(image: Image, longest: int) -> tuple[Image, float]:
    """The image with its longer side at most `longest` pixels, and the factor (at most 1) it was
    scaled by.
    """
    height, width = image.shape[:2]
    factor = longest / max(height, width)
    if factor >= 1:
        return image, 1.0
    return resize(image, max(1, round(width * factor)), max(1, round(height * factor))), factor


def warp(image: Image, matrix: NDArray[Any], width: int, height: int) -> Image:
    """An affine warp: `matrix` is 2 x 3 and maps source pixels to the new width x height picture.
    Outside, its border is repeated."""
    return cv2.warpAffine(  # type: ignore[return-value]
        image, matrix, (width, height), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
    )


def padded(image: Image, border: int) -> Image:
    """The image with `border` pixels added on every side, repeating its edge."""
    if border == 0:
        return image
    return cv2.copyMakeBorder(image, border, border, border, border, cv2.BORDER_REPLICATE)  # type: ignore[return-value]


def grey(image: Image) -> NDArray[np.uint8]:
    """One channel, shape (height, width), by the usual weights for red, green and blue."""
    return cv2.cvtColor(image, cv2.COLOR_BGR2GRAY)  # type: ignore[return-value]


def overlay(image: Image, heat: NDArray[np.floating], strength: float = 0.5) -> Image:
    """The image under a heat map: `heat` from 0 (blue) to 1 (red), any shape, is stretched smoothly
    over it.
    """
    height, width = image.shape[:2]
    smooth = cv2.resize(
        np.asarray(heat, np.float32), (width, height), interpolation=cv2.INTER_CUBIC
    )
    colours = cv2.applyColorMap((np.clip(smooth, 0, 1) * 255).astype(np.uint8), cv2.COLORMAP_TURBO)
    return cv2.addWeighted(grey_as_colour(image), 1 - strength, colours, strength, 0)  # type: ignore[return-value]


def grey_as_colour(image: Image) -> Image:
    """The image without its colours, still with three channels."""
    return cv2.cvtColor(grey(image), cv2.COLOR_GRAY2BGR)  # type: ignore[return-value]


def encode(image: Image, suffix: str = ".png", quality: int = 90) -> bytes:
    """Image to file bytes: `.png`, or `.jpg` with `quality` from 1 to 100. Carries no metadata."""
    options = [cv2.IMWRITE_JPEG_QUALITY, quality] if suffix == ".jpg" else []
    ok, data = cv2.imencode(suffix, image, options)
    if not ok:
        raise ValueError(f"cannot encode an image of shape {image.shape} as {suffix}")
    return data.tobytes()


def reencode(data: bytes, longest: int | None = None, limits: Limits = DEFAULT_LIMITS) -> bytes:
    """The same picture as a fresh JPEG of at most `longest` pixels a side: no metadata, nothing
    hidden behind it.
    """
    image = decode(data, limits)
    if longest is not None:
        image, _ = shrink(image, longest)
    return encode(image, ".jpg")


@dataclass(frozen=True)
class Part:
    """Where a part lies in a picture: left, top, width and height as shares of its width and
    height, 0 to 1.
    """

    left: float
    top: float
    width: float
    height: float


def excerpts(
    data: bytes, part: Part, margins: Sequence[float], longest: int, limits: Limits = DEFAULT_LIMITS
) -> Iterator[tuple[bytes, Part]]:
    """For each margin: the part with so much around it, as a fresh JPEG, and where the part lies in
    that.

    margins: shares of the part's longer side in pixels, added on every side as far as the picture
    goes. longest: pixels of an excerpt's longer side. Raises as `decode` does.
    """
    image = decode(data, limits)
    height, width = image.shape[:2]
    x, y, w, h = part.left * width, part.top * height, part.width * width, part.height * height
    for margin in margins:
        more = margin * max(w, h)
        left, top = max(0, int(x - more)), max(0, int(y - more))
        cut = image[top : max(top + 1, int(y + h + more)), left : max(left + 1, int(x + w + more))]
        tall, wide = cut.shape[:2]
        inside = Part((x - left) / wide, (y - top) / tall, w / wide, h / tall)
        yield encode(shrink(cut, longest)[0], ".jpg"), inside


@contextmanager
def _opened(data: bytes, limits: Limits) -> Iterator[PIL.Image.Image]:
    """The lazily opened picture, its header checked against the limits."""
    if not data:
        raise EmptyPicture(f"The picture is empty: 0 bytes came. Send a {READABLE} file.")
    _check_bytes(len(data), limits)
    try:
        picture = PIL.Image.open(io.BytesIO(data), formats=FORMATS)
    except (MemoryError, KeyboardInterrupt):
        raise
    except PIL.UnidentifiedImageError as error:
        raise NotAPicture(
            f"This is not a picture that can be read. Send a {READABLE} file."
        ) from error
    except Exception as error:
        raise BrokenPicture(
            f"The picture's header is damaged ({_brief(error)}). Send a whole {READABLE} file."
        ) from error
    with picture:
        _check_size(*picture.size, limits)
        yield picture


def _check_bytes(size: int, limits: Limits) -> None:
    if size > limits.bytes:
        text = f"The file has {size:,} bytes; at most {limits.bytes:,} bytes are allowed."
        raise PictureTooLarge(text, picture_bytes=limits.bytes)


def _check_size(width: int, height: int, limits: Limits) -> None:
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
