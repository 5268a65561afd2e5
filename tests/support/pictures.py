"""Small real and drawn pictures for the tests. Nothing here is a test."""

from __future__ import annotations

import io
import os
import struct
import zlib
from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
import PIL.Image
import pytest
import skimage

from data_cleaning.imaging import decoding, encoding
from data_cleaning.imaging.encoding import encode
from data_cleaning.imaging.image import Image
from data_cleaning.pretrained import PRETRAINED

PACKAGED = Path(skimage.__file__).parent / "data"
WEIGHTS = Path(
    os.environ.get("LIKENESS_WEIGHTS") or Path.home() / ".cache" / "likeness" / "weights"
)
YUNET = WEIGHTS / PRETRAINED["yunet"].filename

needs_yunet = pytest.mark.skipif(
    not YUNET.is_file(), reason=f"{YUNET.name} is not installed (python -m model weights)"
)


def packaged(name: str) -> Image:
    """A picture that comes with scikit-image: astronaut.png (one face), chelsea.png (a cat),
    coffee.png, ...
    """
    return decoding.read(PACKAGED / name)


def scene(seed: int, width: int = 160, height: int = 120) -> Image:
    """A drawn picture with a few shapes on a sloping background; another one for every seed."""
    random = np.random.default_rng(seed)
    slope = np.linspace(random.integers(30, 120), random.integers(130, 225), width)
    picture = np.repeat(np.tile(slope, (height, 1))[..., None], 3, axis=2).astype(np.uint8)
    for _ in range(6):
        colour = tuple(int(v) for v in random.integers(0, 256, 3))
        centre = (int(random.integers(width)), int(random.integers(height)))
        cv2.circle(picture, centre, int(random.integers(8, height // 3)), colour, -1)
    return picture


def saved(picture: PIL.Image.Image, format: str, **options) -> bytes:
    """A Pillow picture as file bytes."""
    buffer = io.BytesIO()
    picture.save(buffer, format, **options)
    return buffer.getvalue()


def pillow(image: Image) -> PIL.Image.Image:
    """Our image as Pillow's."""
    return PIL.Image.fromarray(np.ascontiguousarray(image[..., ::-1]))


def write(path: Path, image: Image, quality: int = 95) -> Path:
    """Write an image (PNG or JPEG by its suffix), making folders."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(encoding.encode(image, path.suffix, quality))
    return path


def png(width: int, height: int, rows: bytes = b"", depth: int = 8, colour: int = 2) -> bytes:
    """A PNG file put together by hand, so that its header may lie."""
    header = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0)
    parts = [_chunk(b"IHDR", header), _chunk(b"IDAT", zlib.compress(rows)), _chunk(b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def tree(root: Path) -> dict[str, bytes]:
    """Every file under a folder and its bytes: to show that nothing changed."""
    return {
        str(p.relative_to(root)): p.read_bytes() for p in sorted(root.rglob("*")) if p.is_file()
    }


def bar_and_disc(shown: Sequence[str], number: int) -> bytes:
    """A noisy ground of 64 x 64 pixels with a "disc", a "bar", both or nothing, the same for the
    same number.
    """
    chance = np.random.default_rng([len(shown), len("".join(shown)), number])
    picture = chance.integers(60, 120, (64, 64, 3)).astype(np.uint8)
    y, x = np.mgrid[:64, :64]
    if "bar" in shown:
        picture[abs(x - chance.integers(4, 14)) < 4] = (40, 220, 40)
    if "disc" in shown:
        picture[(y - chance.integers(20, 44)) ** 2 + (x - 42) ** 2 < 15**2] = (30, 30, 230)
    return encoding.encode(picture)


def drawn(label: str, number: int) -> Image:
    """A disc, a cross or stripes on a noisy ground, each picture another one."""
    chance = np.random.default_rng([sorted(("disc", "cross", "stripes")).index(label), number])
    picture = chance.integers(60, 120, (72, 72, 3)).astype(np.uint8)
    y, x = np.mgrid[:72, :72]
    row, column = chance.integers(26, 46, 2)
    shapes = {
        "disc": (y - row) ** 2 + (x - column) ** 2 < 18**2,
        "cross": (abs(y - row) < 5) | (abs(x - column) < 5),
        "stripes": (y + int(row)) // 6 % 2 == 0,
    }
    picture[shapes[label]] = chance.integers(150, 255, 3)
    return picture


def draw(
    root: Path, labels: tuple[str, ...] = ("disc", "cross", "stripes"), count: int = 12
) -> Path:
    """A data set of drawn pictures."""
    for label in labels:
        (root / label).mkdir(parents=True)
        for number in range(count):
            (root / label / f"{number}.png").write_bytes(encode(drawn(label, number)))
    return root


SHAPES = ("bar", "disc")
