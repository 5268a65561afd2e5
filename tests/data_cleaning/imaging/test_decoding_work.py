"""Files that cost minutes in few bytes are refused before they are decoded; honest ones are not."""

from __future__ import annotations

import contextlib
import time
import zlib
from collections.abc import Callable

import PIL.Image
import pytest

from data_cleaning.errors import BrokenPicture, NotAPicture, PictureError, PictureTooLarge
from data_cleaning.imaging.decoding import decode, probe
from data_cleaning.imaging.decoding_work import SCANS, check_parts, check_scans
from tests.support.slow_pictures import (
    bmp_of_runs,
    chunk,
    gif_of_blocks,
    jpeg_of_fill_bytes,
    jpeg_of_scans,
    jpeg_of_segments,
    noise,
    palette_png_without_palette,
    plain_pnm,
    png_of_chunks,
    pnm_of_comments,
    pnm_of_odd_maximum,
    saved,
)

PROMPT = 1.0  # seconds of processor, on a busy machine too

SLOW: dict[str, tuple[Callable[[], bytes], type[PictureError]]] = {
    "12,000 scans": (lambda: jpeg_of_scans(12_000), PictureTooLarge),
    "150,000 scans": (lambda: jpeg_of_scans(150_000), PictureTooLarge),
    "65 scans": (lambda: jpeg_of_scans(SCANS), PictureTooLarge),
    "empty segments": (lambda: jpeg_of_segments(3_000_000), PictureTooLarge),
    "fill bytes": (lambda: jpeg_of_fill_bytes(14_000_000), PictureTooLarge),
    "fill bytes that lead to nothing": (lambda: b"\xff\xd8" + b"\xff" * 20_000, NotAPicture),
    "empty chunks": (lambda: png_of_chunks(1_000_000), PictureTooLarge),
    "a comment of a GIF": (lambda: gif_of_blocks(55_000, 255), PictureTooLarge),
    "blocks of a byte": (lambda: gif_of_blocks(5_000_000, 1), PictureTooLarge),
    "a comment of a PNM": (lambda: pnm_of_comments(15_000_000), PictureTooLarge),
    "comments of a PNM": (lambda: pnm_of_comments(15_000_000, lines=True), PictureTooLarge),
    "a PNM as text": (plain_pnm, NotAPicture),
    "a PNM of 100 greys": (lambda: pnm_of_odd_maximum(3500, 3500), PictureTooLarge),
    "run lengths": (lambda: bmp_of_runs(5000, 2000), PictureTooLarge),
}


@pytest.mark.parametrize("name", SLOW)
def test_what_would_take_long_is_refused_at_once(name: str) -> None:
    build, error = SLOW[name]
    data = build()
    assert len(data) < 15 * 1024 * 1024
    begun = time.process_time()
    with pytest.raises(error):
        decode(data)
    assert time.process_time() - begun < PROMPT


@pytest.mark.parametrize("scans", [1, 5, 50])
def test_scans_are_counted(scans: int) -> None:
    written = jpeg_of_scans(0).count(b"\xff\xda")
    assert check_parts(jpeg_of_scans(scans)) == written + scans


def test_scans_are_weighed_by_pixels() -> None:
    check_scans(14, 40_000_000)
    check_scans(SCANS, 4_000_000)
    with pytest.raises(PictureTooLarge, match="30 scans of 40,000,000 pixels; at most 25"):
        check_scans(30, 40_000_000)


def test_pictures_as_encoders_write_them_pass() -> None:
    large = noise(1500, 1200)
    exif = PIL.Image.Exif()
    exif[0x010E] = "x" * 60_000
    for data in (
        saved(large, "JPEG", quality=97),
        saved(large, "JPEG", progressive=True, icc_profile=bytes(500_000), exif=exif),
        saved(large, "JPEG", progressive=True, subsampling=0, restart_marker_rows=1),
        saved(large, "PNG", compress_level=0),
        saved(large.convert("P"), "GIF", comment=b"x" * 100_000),
        saved(large, "PPM"),
        saved(large.convert("1"), "PPM"),
        saved(large, "BMP"),
        saved(large, "WEBP", lossless=True),
        b"P5 # a comment\n# another\n16 16\n#third\n255\n" + bytes(256),
        b"P5\n16 16\n100\n" + bytes(256),
    ):
        probe(data)
        decode(data)


def test_what_lies_behind_a_jpeg_is_not_counted() -> None:
    """A phone's picture with its film behind it holds bytes that look like scans."""
    decode(saved(noise(64, 64), "JPEG") + b"\xff\xda" * 1000)


def test_every_error_of_a_codec_is_the_pictures(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(BrokenPicture):
        decode(palette_png_without_palette())
    grey = saved(noise(32, 32, "L"), "PNG")
    for error in (MemoryError(), ValueError("x"), SystemError("x"), AttributeError("x")):

        def convert(*_: object, error: Exception = error) -> None:
            raise error

        monkeypatch.setattr(PIL.Image.Image, "convert", convert)
        with pytest.raises(BrokenPicture):
            decode(grey)


def test_text_that_unpacks_to_much_costs_little() -> None:
    comment = chunk(b"zTXt", b"Comment\0\0" + zlib.compress(b"\0" * 900_000, 9))
    data = saved(noise(32, 32), "PNG")
    at = data.index(b"IDAT") - 4
    begun = time.process_time()
    with contextlib.suppress(BrokenPicture):
        decode(data[:at] + comment * 500 + data[at:])
    assert time.process_time() - begun < PROMPT


def test_the_header_alone_is_enough_to_refuse() -> None:
    with pytest.raises(PictureTooLarge):
        probe(jpeg_of_scans(1000))
    with pytest.raises(NotAPicture):
        probe(plain_pnm())


def test_a_header_that_ends_early_is_no_crash() -> None:
    for data in (b"\xff\xd8", b"\xff\xd8\xff", b"GIF89a", b"BM", b"P5", b"\x89PNG\r\n\x1a\n"):
        with pytest.raises(PictureError):
            decode(data)
