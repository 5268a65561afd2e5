"""Pictures made to hurt: cut short, bombs, odd kinds, two files in one, and thousands of random
changes.

No crash, no 5xx, memory bounded, and the next request is answered.
"""

from __future__ import annotations

import io
import os
import random
import resource
import struct
import zlib
from collections.abc import Iterator

import numpy as np
import PIL.Image
import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.support.making import ONE_DATABASE, Make, make_picture

MUTATIONS = int(os.environ.get("LIKENESS_TEST_MUTATIONS", "600"))


def saved(picture: PIL.Image.Image, kind: str, **options: object) -> bytes:
    out = io.BytesIO()
    picture.save(out, kind, **options)
    return out.getvalue()


def noise(width: int = 96, height: int = 80, mode: str = "RGB") -> PIL.Image.Image:
    pixels = np.random.default_rng(5).integers(0, 256, (height, width, 3), dtype=np.uint8)
    return PIL.Image.fromarray(pixels).convert(mode)


def chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def packed_zeros(count: int) -> bytes:
    """Zeros as zlib packs them, without packing them all: one packed piece, over and over."""

    def piece(size: int, end: int) -> bytes:
        packer = zlib.compressobj(9, wbits=-zlib.MAX_WBITS)
        return packer.compress(bytes(size)) + packer.flush(end)

    whole, rest = divmod(count, 1 << 20)
    body = piece(1 << 20, zlib.Z_FULL_FLUSH) * whole + piece(rest, zlib.Z_FINISH)
    return b"\x78\xda" + body + struct.pack(">I", count % 65521 << 16 | 1)  # Adler-32 of zeros


def png_bomb(width: int, height: int) -> bytes:
    """Few bytes that unpack to width x height grey pixels."""
    packed = packed_zeros((width + 1) * height)
    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", packed) + chunk(b"IEND", b"")
    )


def png_text_bomb() -> bytes:
    """A PNG whose comment unpacks to 50 MB."""
    data = make_picture()
    comment = chunk(b"zTXt", b"Comment\0\0" + packed_zeros(50_000_000))
    at = data.index(b"IDAT") - 4
    return data[:at] + comment + data[at:]


def animated_gif() -> bytes:
    frames = [PIL.Image.new("RGB", (200, 200), (n % 256, 0, 0)) for n in range(100)]
    return saved(frames[0], "GIF", save_all=True, append_images=frames[1:])


def gif_bomb() -> bytes:
    data = bytearray(saved(noise(), "GIF"))
    data[6:10] = struct.pack("<HH", 65535, 65535)
    return bytes(data)


def webp_bomb() -> bytes:
    data = bytearray(saved(noise(), "WEBP", lossless=True))
    at = data.index(b"VP8L") + 9
    data[at : at + 4] = struct.pack("<I", (16383 - 1) | (16383 - 1) << 14)
    return bytes(data)


def with_orientation(number: int) -> bytes:
    exif = PIL.Image.Exif()
    exif[0x0112] = number
    return saved(PIL.Image.new("RGB", (64, 32), "red"), "JPEG", exif=exif)


GOOD = {
    "cmyk": saved(noise(mode="CMYK"), "JPEG"),
    "16 bit": saved(PIL.Image.fromarray(np.full((40, 40), 60000, np.uint16)), "PNG"),
    "palette": saved(noise(mode="P"), "PNG"),
    "palette with transparency": saved(noise(mode="P"), "PNG", transparency=0),
    "one bit": saved(noise(mode="1"), "PNG"),
    "grey with alpha": saved(noise(mode="LA"), "PNG"),
    "rgba": saved(noise(mode="RGBA"), "PNG"),
    "progressive": saved(noise(), "JPEG", progressive=True),
    "interlaced": saved(noise(mode="P"), "GIF", interlace=1),
    "animation": animated_gif(),
    "webp": saved(noise(), "WEBP"),
    "bmp": saved(noise(), "BMP"),
    "ppm": saved(noise(), "PPM"),
    "png and zip": make_picture() + b"PK\x03\x04" + b"\0" * 100,
    "jpeg and html": make_picture(kind="JPEG") + b"<script>alert(1)</script>",
    "gif and javascript": saved(noise(), "GIF") + b"/*=1*/alert(1)",
    **{f"orientation {n}": with_orientation(n) for n in range(1, 9)},
}
BAD = {
    "png bomb": png_bomb(30_000, 30_000),
    "png header only": b"\x89PNG\r\n\x1a\n"
    + chunk(b"IHDR", struct.pack(">IIBBBBB", 2**31 - 1, 2**31 - 1, 8, 6, 0, 0, 0)),
    "gif bomb": gif_bomb(),
    "webp bomb": webp_bomb(),
    "svg": b'<svg xmlns="http://www.w3.org/2000/svg"><image href="file:///etc/passwd"/></svg>',
    "svg with entities": b'<!DOCTYPE x [<!ENTITY a "aaaa">]><svg>&a;</svg>',
    "pdf": b"%PDF-1.4\n%%EOF",
    "postscript": b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n(x) run",
    "tiff": saved(noise(), "TIFF"),
    "ico": saved(noise(), "ICO"),
    "zip": b"PK\x03\x04" + bytes(500),
    "only a signature": b"\xff\xd8\xff\xe0",
    "zeros": bytes(5000),
    "thin": saved(noise(3000, 2), "PNG"),
}


@pytest.fixture
def app(make: Make) -> Flask:
    return make(picture_pixels=4_000_000, picture_bytes=2_000_000)


def send(client: FlaskClient, data: bytes) -> int:
    return client.post(
        "/api/predict", data=data, content_type="application/octet-stream"
    ).status_code


@ONE_DATABASE
@pytest.mark.parametrize("name", GOOD)
def test_odd_but_good(client: FlaskClient, name: str) -> None:
    assert send(client, GOOD[name]) == 200


@ONE_DATABASE
@pytest.mark.parametrize("name", BAD)
def test_bad_ones_are_refused_and_the_next_is_answered(client: FlaskClient, name: str) -> None:
    assert send(client, BAD[name]) in (400, 413, 415)
    assert send(client, make_picture()) == 200


def test_orientations_are_applied(client: FlaskClient) -> None:
    for number in range(1, 9):
        body = client.post(
            "/api/predict", data=with_orientation(number), content_type="image/jpeg"
        ).get_json()
        turned = number >= 5
        assert (body["picture"]["width"], body["picture"]["height"]) == (
            (32, 64) if turned else (64, 32)
        )


def test_a_comment_that_unpacks_to_much_is_harmless(client: FlaskClient) -> None:
    assert send(client, png_text_bomb()) in (200, 400)


@ONE_DATABASE
def test_pictures_cut_short_everywhere(client: FlaskClient) -> None:
    for kind in ("JPEG", "PNG", "GIF", "WEBP", "BMP"):
        whole = saved(noise(160, 120), kind)
        for end in range(0, len(whole), 1024):
            assert send(client, whole[:end]) in (200, 400, 415), (kind, end)
    assert send(client, make_picture()) == 200


def mutated(seed: int) -> Iterator[bytes]:
    """Valid files with a few bytes changed, taken out, doubled or swapped."""
    chance = random.Random(seed)
    seeds = [
        GOOD[name]
        for name in ("cmyk", "palette", "rgba", "progressive", "interlaced", "webp", "bmp", "ppm")
    ]
    seeds += [saved(noise(40, 40), "PNG"), with_orientation(6), saved(noise(40, 40), "GIF")]
    while True:
        data = bytearray(chance.choice(seeds))
        for _ in range(chance.randint(1, 8)):
            at, length = chance.randrange(len(data)), chance.randint(1, 16)
            change = chance.randrange(4)
            if change == 0:
                data[at] = chance.randrange(256)
            elif change == 1 and len(data) > 200:
                del data[at : at + length]
            elif change == 2:
                data[at:at] = data[at : at + length]
            else:
                data[at : at + length] = chance.randbytes(length)
        yield bytes(data)


@ONE_DATABASE
def test_random_mutations(client: FlaskClient) -> None:
    """Thousands of damaged files, one after another in one process, whose memory stays bounded."""
    files = mutated(11)
    seen: dict[int, int] = {}
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    for _ in range(MUTATIONS):
        status = send(client, next(files))
        seen[status] = seen.get(status, 0) + 1
    assert set(seen) <= {200, 400, 413, 415}, seen
    assert seen[200] > 0
    assert seen[400] > 0
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    assert grown < 150, f"{grown:.0f} MB"
    assert send(client, make_picture()) == 200
