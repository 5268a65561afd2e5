"""The one decoder: orientation, depth, damage and limits."""

from __future__ import annotations

import io
import subprocess
import sys
import threading
import tracemalloc
import warnings
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import PIL.Image
import pytest

from data_cleaning.errors import (
    BrokenPicture,
    EmptyPicture,
    NotAPicture,
    PictureError,
    PictureTooLarge,
    PictureTooSmall,
)
from data_cleaning.imaging import decoding, encoding, resizing
from data_cleaning.imaging.decoding import decode, probe
from data_cleaning.imaging.limits import Limits
from tests.support.pictures import packaged, pillow, png, saved, scene

ORIENTATION = 0x0112

# What a camera stored, made from the upright picture: the inverse of what EXIF 2.3 says a viewer
# must do.
STORED = {
    1: lambda a: a,
    2: lambda a: a[:, ::-1],
    3: lambda a: a[::-1, ::-1],
    4: lambda a: a[::-1],
    5: lambda a: a.transpose(1, 0, 2),
    6: lambda a: np.rot90(a, 1),
    7: lambda a: np.rot90(a, 2).transpose(1, 0, 2),
    8: lambda a: np.rot90(a, -1),
}


def letter_f() -> np.ndarray:
    """Like no turned or mirrored form of itself: an F, wider than high, red in one corner."""
    picture = np.full((48, 64, 3), 255, np.uint8)
    picture[6:42, 12:20] = picture[6:14, 12:52] = picture[20:28, 12:40] = 0
    picture[:6, :6] = (0, 0, 255)
    return picture


def with_orientation(image: np.ndarray, number: int, format: str) -> bytes:
    exif = PIL.Image.Exif()
    exif[ORIENTATION] = number
    return saved(
        pillow(image),
        format,
        exif=exif.tobytes(),
        **({"quality": 95, "subsampling": 0} if format == "JPEG" else {}),
    )


@pytest.mark.parametrize("format", ["JPEG", "PNG", "WEBP"])
@pytest.mark.parametrize("number", sorted(STORED))
def test_every_orientation_comes_out_upright(number, format):
    upright = letter_f()
    decoded = decode(with_orientation(STORED[number](upright), number, format))
    assert decoded.shape == upright.shape
    assert np.abs(decoded.astype(int) - upright).mean() < 4
    others = [f(upright) for n, f in STORED.items() if n != 1 and f(upright).shape == upright.shape]
    assert all(np.abs(decoded.astype(int) - other).mean() > 20 for other in others)


@pytest.mark.skipif(not decoding.HEIF, reason="pillow_heif is not installed")
@pytest.mark.parametrize("number", [1, 3, 6, 8])
def test_heic_is_turned_once(number):
    upright = letter_f()
    decoded = decode(with_orientation(STORED[number](upright), number, "HEIF"))
    assert decoded.shape == upright.shape
    assert np.abs(decoded.astype(int) - upright).mean() < 12


@pytest.mark.parametrize(
    "exif",
    [
        b"Exif\x00\x00II*\x00\xff\xff\xff\x7f",  # the directory lies far outside
        b"Exif\x00\x00MM\x00*\x00\x00\x00\x08\x00\x01\x01\x12",  # cut in an entry
        b"Exif\x00\x00II*\x00\x08\x00\x00\x00\x01\x00\x12\x01\x03\x00\x01\x00\x00\x00\x63\x00\x00\x00\x00\x00\x00\x00",
        # text
        b"Exif\x00\x00II*\x00\x08\x00\x00\x00\x01\x00\x12\x01\x02\x00\x04\x00\x00\x00abc\x00\x00\x00\x00\x00",
        b"Exif\x00\x00garbage",
    ],
)
def test_malformed_exif_means_upright(exif):
    upright = letter_f()
    plain = saved(pillow(upright), "JPEG", quality=95)
    segment = b"\xff\xe1" + (len(exif) + 2).to_bytes(2, "big") + exif
    decoded = decode(plain[:2] + segment + plain[2:])
    assert np.array_equal(decoded, decode(plain))


def rows(values: np.ndarray) -> bytes:
    """PNG scan lines without a filter."""
    return b"".join(b"\0" + row.tobytes() for row in values)


def grey16(value: int) -> bytes:
    return png(16, 16, rows(np.full((16, 16), value, ">u2")), depth=16, colour=0)


def palette_with_hole() -> bytes:
    picture = PIL.Image.new("P", (16, 16), 1)
    picture.putpalette([0, 0, 0, 200, 0, 0, 0, 0, 200])
    picture.paste(2, (0, 0, 8, 16))
    return saved(picture, "PNG", transparency=2)


def two_frames(format: str) -> bytes:
    first, second = PIL.Image.new("RGB", (16, 16), "red"), PIL.Image.new("RGB", (16, 16), "blue")
    return saved(first, format, save_all=True, append_images=[second])


RGB = PIL.Image.new("RGB", (16, 16), (200, 100, 50))


@pytest.mark.parametrize(
    ("data", "left", "right"),
    [
        pytest.param(saved(RGB, "PNG"), (50, 100, 200), (50, 100, 200), id="png"),
        pytest.param(saved(RGB, "BMP"), (50, 100, 200), (50, 100, 200), id="bmp"),
        pytest.param(saved(RGB, "PPM"), (50, 100, 200), (50, 100, 200), id="ppm"),
        pytest.param(
            saved(RGB.convert("CMYK"), "JPEG", quality=95),
            (50, 100, 200),
            (50, 100, 200),
            id="cmyk jpeg",
        ),
        pytest.param(
            saved(RGB.convert("L"), "JPEG"), (124, 124, 124), (124, 124, 124), id="grey jpeg"
        ),
        pytest.param(
            palette_with_hole(),
            (255, 255, 255),
            (0, 0, 200),
            id="palette with a transparent colour",
        ),
        pytest.param(
            saved(PIL.Image.new("RGBA", (16, 16), (0, 0, 0, 0)), "PNG"),
            (255,) * 3,
            (255,) * 3,
            id="clear",
        ),
        pytest.param(
            saved(PIL.Image.new("LA", (16, 16), (0, 128)), "PNG"),
            (127,) * 3,
            (127,) * 3,
            id="half clear",
        ),
        pytest.param(
            saved(PIL.Image.new("1", (16, 16), 1), "PNG"), (255,) * 3, (255,) * 3, id="one bit"
        ),
        pytest.param(grey16(32768), (128,) * 3, (128,) * 3, id="16 bit grey"),
        pytest.param(
            grey16(200), (1,) * 3, (1,) * 3, id="16 bit grey, nearly black, stays nearly black"
        ),
        pytest.param(
            png(16, 16, rows(np.full((16, 16, 3), (65535, 32768, 0), ">u2")), depth=16),
            (0, 128, 255),
            (0, 128, 255),
            id="16 bit colour",
        ),
        pytest.param(
            b"P5\n16 16\n65535\n" + np.full(256, 32768, ">u2").tobytes(),
            (128,) * 3,
            (128,) * 3,
            id="pgm 16",
        ),
        pytest.param(
            b"Pf\n16 16\n-1.0\n" + np.full(256, 0.5, "<f4").tobytes(),
            (128,) * 3,
            (128,) * 3,
            id="float",
        ),
        pytest.param(two_frames("GIF"), (0, 0, 255), (0, 0, 255), id="gif: its first frame"),
        pytest.param(two_frames("PNG"), (0, 0, 255), (0, 0, 255), id="apng: its first frame"),
        pytest.param(
            two_frames("MPO"), (0, 0, 255), (0, 0, 255), id="mpo, as phones write: its first frame"
        ),
    ],
)
def test_all_kinds_become_blue_green_red_bytes(data, left, right):
    image = decode(data)
    assert image.dtype == np.uint8 and image.shape == (16, 16, 3)
    assert np.abs(image[8, 2].astype(int) - left).max() <= 3
    assert np.abs(image[8, 13].astype(int) - right).max() <= 3


@pytest.mark.parametrize(
    ("data", "error", "says"),
    [
        pytest.param(b"", EmptyPicture, "0 bytes", id="empty"),
        pytest.param(b"hello, I am a text named .png\n" * 9, NotAPicture, "JPEG, PNG", id="text"),
        pytest.param(
            b"<svg xmlns='http://www.w3.org/2000/svg'/>", NotAPicture, "JPEG, PNG", id="svg"
        ),
        pytest.param(b"%PDF-1.7\n" + b"0" * 99, NotAPicture, "JPEG, PNG", id="pdf"),
        pytest.param(saved(RGB, "TIFF"), NotAPicture, "JPEG, PNG", id="a format we do not read"),
        pytest.param(saved(RGB, "PNG")[:20], PictureError, "Send", id="cut in the header"),
        pytest.param(png(0, 0), PictureError, "Send", id="0 x 0 in the header"),
        pytest.param(png(0, 50), PictureError, "Send", id="0 wide"),
        pytest.param(
            saved(PIL.Image.new("RGB", (1, 1)), "PNG"), PictureTooSmall, "1 x 1", id="1 x 1"
        ),
        pytest.param(
            saved(PIL.Image.new("RGB", (7, 900)), "PNG"), PictureTooSmall, "7 x 900", id="7 wide"
        ),
        pytest.param(png(10_000, 5_000), PictureTooLarge, "50,000,000", id="50 MP header"),
        pytest.param(
            png(2**31 - 1, 2**31 - 1), PictureTooLarge, "at most 40,000,000", id="largest header"
        ),
        pytest.param(png(16, 16, b"\0" * 100), BrokenPicture, "damaged", id="too few rows"),
        pytest.param(
            b"\xff\xd8\xff\xe0" + b"\0" * 64, PictureError, "Send", id="jpeg marker, then nothing"
        ),
        pytest.param(b"GIF89a" + b"\xff" * 64, PictureError, "Send", id="gif marker, then noise"),
    ],
)
def test_refusals_say_what_is_wrong(data, error, says):
    with pytest.raises(error, match=says) as caught:
        decode(data)
    assert "\n" not in str(caught.value) and len(str(caught.value)) < 250


@pytest.mark.parametrize("progressive", [False, True])
def test_a_jpeg_cut_at_any_length_is_refused(progressive):
    whole = saved(pillow(scene(1)), "JPEG", progressive=progressive)
    decode(whole)
    for length in range(len(whole)):
        with pytest.raises(PictureError):
            decode(whole[:length])


@pytest.mark.parametrize("format", ["PNG", "WEBP", "GIF", "BMP", "PPM", *decoding.HEIF])
def test_other_kinds_cut_short_are_refused_or_whole(format):
    """A PNG lacks nothing when only its closing marks are cut; nothing else may pass, and never
    half a picture.
    """
    whole = saved(pillow(scene(2, 64, 48)), format)
    picture = decode(whole)
    for length in range(0, len(whole), 5):
        try:
            short = decode(whole[:length])
        except PictureError:
            continue
        assert np.array_equal(short, picture), (
            f"half a picture passed at {length} of {len(whole)} bytes"
        )


def test_random_damage_raises_nothing_but_our_errors():
    random = np.random.default_rng(4)
    for format in ("JPEG", "PNG", "WEBP", "GIF", "BMP", *decoding.HEIF):
        whole = np.frombuffer(saved(pillow(scene(3, 64, 48)), format), np.uint8)
        for _ in range(60):
            hurt = whole.copy()
            where = random.integers(0, len(hurt), 3)
            hurt[where] = random.integers(0, 256, 3)
            try:
                image = decode(hurt.tobytes())
            except PictureError:
                continue
            assert image.ndim == 3 and image.dtype == np.uint8


@pytest.mark.slow
def test_a_50_megapixel_bomb_is_refused_before_memory_is_spent():
    """A real one (its rows are all there, 150 kB packed), in a process of its own so that its peak
    can be read.
    """
    program = """
import resource, sys
sys.path.insert(0, "")
from data_cleaning.imaging import decoding
from data_cleaning.errors import PictureTooLarge
from tests.support.pictures import png
data = png(10_000, 5_000, b"\\0" * 16) if len(sys.argv) > 1 else open(0, "rb").read()
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
try:
    decoding.decode(data)
except PictureTooLarge:
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
"""
    bomb = png(10_000, 5_000, bytes(5_000 * 30_001))
    assert len(bomb) < 1_000_000
    done = subprocess.run(
        [sys.executable, "-c", program], input=bomb, capture_output=True, check=True
    )
    assert int(done.stdout) < 10_000, "kilobytes; decoding it would take 150,000"


def test_limits_are_the_callers():
    data = saved(pillow(scene(1, 100, 90)), "PNG")
    assert decode(data, Limits(pixels=9_000)).shape == (90, 100, 3)
    with pytest.raises(PictureTooLarge, match=r"100 x 90 = 9,000 pixels; at most 8,999"):
        decode(data, Limits(pixels=8_999))
    with pytest.raises(PictureTooLarge, match=f"{len(data):,} bytes; at most 10"):
        decode(data, Limits(bytes=10))


def test_a_file_is_weighed_before_it_is_read(tmp_path):
    path = tmp_path / "huge.jpg"
    with path.open("wb") as file:
        file.truncate(300 * 1024 * 1024)  # a hole: takes no room on the disk
    tracemalloc.start()
    try:
        with pytest.raises(PictureTooLarge, match="314,572,800 bytes"):
            decoding.read(path)
        assert tracemalloc.get_traced_memory()[1] < 1_000_000
    finally:
        tracemalloc.stop()


def test_probe_reads_the_header_only():
    whole = saved(pillow(scene(1)), "JPEG")
    header = probe(whole[: len(whole) // 2])
    assert (header.format, header.width, header.height) == ("JPEG", 160, 120)


def test_decoding_in_threads_leaves_the_warning_filters_alone():
    data = saved(pillow(scene(1, 64, 48)), "JPEG")
    start = threading.Barrier(4)

    def decode_often(_: int) -> None:
        start.wait()
        for _ in range(150):
            decode(data)

    before, interval = list(warnings.filters), sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    try:
        with ThreadPoolExecutor(4) as pool:
            list(pool.map(decode_often, range(4)))
    finally:
        sys.setswitchinterval(interval)
    assert list(warnings.filters) == before


def test_reencoding_drops_metadata_and_what_hides_behind_the_picture():
    exif = PIL.Image.Exif()
    exif[ORIENTATION] = 6
    exif[0x010E] = "secret place"
    data = (
        saved(pillow(packaged("chelsea.png")), "JPEG", exif=exif) + b"<script>secret tail</script>"
    )
    clean = encoding.reencode(data, longest=200)
    assert b"secret" not in clean
    assert max(decode(clean).shape) == 200 and decode(clean).shape[0] > decode(clean).shape[1]


def test_shrink_never_grows_and_keeps_a_pixel():
    image = scene(1)
    assert resizing.shrink(image, 500) == (image, 1.0) or resizing.shrink(image, 500)[0] is image
    thin, factor = resizing.shrink(np.zeros((2000, 8, 3), np.uint8), 100)
    assert thin.shape == (100, 1, 3) and factor == pytest.approx(0.05)


@pytest.mark.parametrize(
    ("box", "margin", "longest", "size", "inside"),
    [
        ((40, 20, 20, 10), 1.0, 100, (60, 50), (20, 20, 20, 10)),
        ((40, 20, 20, 10), 0.0, 100, (20, 10), (0, 0, 20, 10)),
        ((0, 0, 20, 10), 1.0, 100, (40, 30), (0, 0, 20, 10)),  # as far as the picture goes
        ((90, 70, 10, 10), 0.5, 100, (15, 15), (5, 5, 10, 10)),
        ((40, 20, 20, 10), 1.0, 30, (30, 25), (10, 10, 10, 5)),
        ((0, 0, 100, 80), 3.0, 100, (100, 80), (0, 0, 100, 80)),
        ((99, 79, 0, 0), 0.0, 100, (1, 1), (0, 0, 0, 0)),
    ],
)
def test_an_excerpt_knows_where_its_part_lies(
    box: tuple[int, ...],
    margin: float,
    longest: int,
    size: tuple[int, int],
    inside: tuple[int, ...],
) -> None:
    x, y, width, height = box
    pixels = np.zeros((80, 100, 3), np.uint8)
    pixels[y : y + height, x : x + width] = 255
    part = encoding.Part(x / 100, y / 80, width / 100, height / 80)
    ((data, lies),) = encoding.excerpts(encoding.encode(pixels), part, (margin,), longest)
    cut = np.asarray(PIL.Image.open(io.BytesIO(data)))
    assert cut.shape[:2] == size[::-1]
    found = (lies.left * size[0], lies.top * size[1], lies.width * size[0], lies.height * size[1])
    assert found == pytest.approx(inside, abs=0.01)
    if width:
        left, top, wide, tall = (round(value) for value in inside)
        assert cut[top : top + tall, left : left + wide].mean() > 230
        assert cut.sum() / 3 / 255 == pytest.approx(wide * tall, rel=0.1)
