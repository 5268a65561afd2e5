"""Pictures of few bytes that cost a decoder much, and one that makes it fail late."""

from __future__ import annotations

import io
import struct
import zlib

import numpy as np
import PIL.Image


def saved(picture: PIL.Image.Image, kind: str, **options: object) -> bytes:
    out = io.BytesIO()
    picture.save(out, kind, **options)
    return out.getvalue()


def noise(width: int = 96, height: int = 80, mode: str = "RGB") -> PIL.Image.Image:
    pixels = np.random.default_rng(5).integers(0, 256, (height, width, 3), dtype=np.uint8)
    return PIL.Image.fromarray(pixels).convert(mode)


def chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def jpeg_of_scans(scans: int, side: int = 2000) -> bytes:
    """A progressive JPEG with so many further scans, each of a few bytes, over all its pixels."""
    picture = PIL.Image.new("L", (side, side), 120)
    data = saved(picture, "JPEG", progressive=True)
    end = data.rindex(b"\xff\xd9")
    last = data.rindex(b"\xff\xda")
    # the first coefficients only: an end of band is a bit, so that a scan is little but work
    return data[:end] + data[last:end] * scans if scans < 100 else _scans(data, last, scans)


def _scans(data: bytes, last: int, scans: int) -> bytes:
    end = data.rindex(b"\xff\xd9")
    header = data[last : last + 2 + int.from_bytes(data[last + 2 : last + 4])]
    return data[:end] + (header + b"\x00\x00") * scans + data[end:]


def jpeg_of_segments(count: int) -> bytes:
    data = saved(noise(64, 64), "JPEG")
    return data[:2] + b"\xff\xee\x00\x02" * count + data[2:]


def jpeg_of_fill_bytes(count: int) -> bytes:
    data = saved(noise(64, 64), "JPEG")
    return data[:2] + b"\xff" * count + data[2:]


def png_of_chunks(count: int) -> bytes:
    data = saved(noise(64, 64), "PNG")
    at = data.index(b"IDAT") - 4
    return data[:at] + chunk(b"IDAT", b"") * count + data[at:]


def gif_of_blocks(blocks: int, length: int) -> bytes:
    """A comment of so many blocks before the picture."""
    data = saved(noise(64, 64, "P"), "GIF")
    at = 13 + (3 << ((data[10] & 7) + 1))
    return data[:at] + b"\x21\xfe" + (bytes([length]) + b"x" * length) * blocks + b"\0" + data[at:]


def pnm_of_comments(length: int, lines: bool = False) -> bytes:
    text = b"#\n" * (length // 2) if lines else b"#" * length + b"\n"
    return b"P5\n" + text + b"16 16\n255\n" + bytes(256)


def plain_pnm() -> bytes:
    return b"P2\n# text\n1000 1000\n255\n" + b"1 " * 1_000_000


def pnm_of_odd_maximum(width: int, height: int) -> bytes:
    return b"P5\n%d %d\n100\n" % (width, height) + bytes(width * height)


def bmp_of_runs(width: int, height: int) -> bytes:
    """Run lengths of one pixel each."""
    body = b"\x01\x07" * 5_000_000
    head = struct.pack("<IiiHHIIiiII", 40, width, height, 1, 8, 1, len(body), 0, 0, 256, 0)
    palette = bytes(1024)
    offset = 14 + len(head) + len(palette)
    return b"BM" + struct.pack("<IHHI", offset + len(body), 0, 0, offset) + head + palette + body


def palette_png_without_palette(width: int = 40, height: int = 40) -> bytes:
    head = struct.pack(">IIBBBBB", width, height, 8, 3, 0, 0, 0)
    rows = zlib.compress(b"\0" + bytes(width) * 1 + (b"\0" + bytes(width)) * (height - 1))
    parts = [chunk(b"IHDR", head), chunk(b"IDAT", rows), chunk(b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)
