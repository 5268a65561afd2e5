"""Pictures that are changed the way their format is built: chunks, scans, comments, palettes."""

from __future__ import annotations

import random
import struct
import zlib
from collections.abc import Callable, Iterator

from data_cleaning.imaging.decoding import HEIF
from tests.support.slow_pictures import chunk, noise, saved


def seeds() -> dict[str, list[bytes]]:
    """A few honest files of each format."""
    small, tiny = noise(72, 56), noise(24, 20)
    files = {
        "jpeg": [
            saved(small, "JPEG"),
            saved(small, "JPEG", progressive=True),
            saved(tiny.convert("CMYK"), "JPEG"),
            saved(tiny, "JPEG", comment=b"x" * 300, icc_profile=bytes(300)),
        ],
        "png": [
            saved(small, "PNG"),
            saved(small.convert("P"), "PNG", transparency=0),
            saved(tiny.convert("LA"), "PNG"),
            saved(tiny.convert("1"), "PNG"),
        ],
        "gif": [
            saved(small.convert("P"), "GIF", interlace=1),
            saved(tiny.convert("P"), "GIF", save_all=True, append_images=[small.convert("P")]),
        ],
        "webp": [saved(small, "WEBP"), saved(small, "WEBP", lossless=True)],
        "bmp": [saved(small, "BMP"), saved(tiny.convert("P"), "BMP")],
        "pnm": [saved(small, "PPM"), saved(tiny.convert("1"), "PPM")],
    }
    if HEIF:
        files["heif"] = [saved(small, "HEIF")]
    return files


def mutations(seed: int) -> Iterator[tuple[str, bytes]]:
    """(format, file) without end: half changed at random, half by what the format is made of."""
    chance, files = random.Random(seed), seeds()
    names = sorted(files)
    while True:
        name = chance.choice(names)
        data = bytearray(chance.choice(files[name]))
        for _ in range(chance.randint(1, 4)):
            change = chance.choice((CHANGES.get(name, anywhere), anywhere))
            change(data, chance)
        yield name, bytes(data)


def anywhere(data: bytearray, chance: random.Random) -> None:
    """A byte changed, or a few taken out, doubled, made random or the rest cut off."""
    if len(data) < 40:
        return
    at, length = chance.randrange(len(data)), chance.randint(1, 16)
    kind = chance.randrange(5)
    if kind == 0:
        data[at] = chance.randrange(256)
    elif kind == 1:
        del data[at : at + length]
    elif kind == 2:
        data[at:at] = data[at : at + length]
    elif kind == 3:
        data[at : at + length] = chance.randbytes(length)
    else:
        del data[max(20, at) :]


def segments(data: bytearray, chance: random.Random) -> None:
    """Scans and segments of a JPEG doubled, taken out, or put where they do not belong."""
    markers = [at for at in range(len(data) - 4) if data[at] == 0xFF and 0 < data[at + 1] < 0xFF]
    if len(markers) < 3:
        return
    first, last = sorted(chance.sample(markers, 2))
    kind = chance.randrange(4)
    if kind == 0:
        data[last:last] = bytes(data[first:last]) * chance.choice((1, 5, 70))
    elif kind == 1:
        del data[first:last]
    elif kind == 2:
        length = chance.choice((0, 1, 2, 3, 200, 65535))
        data[first + 2 : first + 4] = struct.pack(">H", length)
    else:
        text = chance.randbytes(chance.choice((0, 10, 3000)))
        data[first:first] = b"\xff\xfe" + struct.pack(">H", len(text) + 2) + text


def chunks(data: bytearray, chance: random.Random) -> None:
    """Chunks of a PNG doubled, taken out, added, or changed with a right checksum."""
    parts, at = [], 8
    while at + 12 <= len(data):
        (length,) = struct.unpack_from(">I", data, at)
        parts.append((bytes(data[at + 4 : at + 8]), bytes(data[at + 8 : at + 8 + length])))
        at += 12 + length
    if not parts:
        return
    place, kind = chance.randrange(len(parts)), chance.randrange(5)
    name, body = parts[place]
    if kind == 0:
        parts[place:place] = [parts[place]] * chance.choice((1, 2500))
    elif kind == 1:
        del parts[place]
    elif kind == 2 and body:
        changed = bytearray(body)
        changed[chance.randrange(len(body))] = chance.randrange(256)
        parts[place] = (name, bytes(changed))
    elif kind == 3:
        text = zlib.compress(bytes(chance.choice((10, 2_000_000))), 9)
        parts[place:place] = [(chance.choice((b"zTXt", b"iCCP")), b"a\0\0" + text)]
    else:
        kinds = (b"PLTE", b"tRNS", b"gAMA", b"eXIf", b"acTL", b"fdAT", b"IDAT", b"tEXt")
        parts[place:place] = [(chance.choice(kinds), chance.randbytes(chance.randint(0, 40)))]
    data[8:] = b"".join(chunk(*part) for part in parts)


def blocks(data: bytearray, chance: random.Random) -> None:
    """Comments before the picture of a GIF, its palette's size and its flags."""
    if len(data) < 20:
        return
    at = 13 + (3 << ((data[10] & 7) + 1) if data[10] & 0x80 else 0)
    kind = chance.randrange(3)
    if kind == 0:
        length = chance.choice((1, 255))
        block = bytes([length]) + chance.randbytes(length)
        data[at:at] = b"\x21\xfe" + block * chance.choice((1, 20, 6000)) + b"\0"
    elif kind == 1:
        data[10] = chance.randrange(256)
    else:
        data[6:10] = struct.pack("<HH", *(chance.choice((0, 8, 300, 65535)) for _ in range(2)))


def header(data: bytearray, chance: random.Random) -> None:
    """The numbers of the header, which say how much is to come."""
    at = chance.randrange(2, min(60, len(data)))
    data[at : at + 4] = struct.pack(
        "<I", chance.choice((0, 1, 2, 255, 65535, 2**31 - 1, 2**32 - 1))
    )


def comments(data: bytearray, chance: random.Random) -> None:
    """A comment in the header of a PNM, or another kind of PNM."""
    if chance.randrange(2):
        data[3:3] = b"#" + b"x" * chance.choice((1, 100, 5000)) + b"\n"
    else:
        data[1:2] = chance.choice((b"1", b"2", b"3", b"4", b"5", b"6", b"7", b"f"))


CHANGES: dict[str, Callable[[bytearray, random.Random], None]] = {
    "jpeg": segments,
    "png": chunks,
    "gif": blocks,
    "webp": header,
    "bmp": header,
    "heif": header,
    "pnm": comments,
}
