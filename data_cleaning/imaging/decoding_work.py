"""How much work a file asks of its decoder, counted before anything of it is decoded.

Few pixels and few bytes can cost minutes: thousands of scans over the same pixels, millions of
empty chunks, comments that are read byte by byte. What honest encoders write stays far below the
limits here. Nothing is opened.
"""

from __future__ import annotations

import re
import struct

from data_cleaning.errors import NotAPicture, PictureTooLarge

SCANS = 64  # of a JPEG; encoders write 1 to 14
SCANNED_PIXELS = 1_000_000_000  # scans x pixels of a JPEG: 25 scans of 40 megapixels
PARTS = 2_000  # segments, chunks or blocks that any file may have, and one more a kilobyte
HEADER_BYTES = 1024 * 1024  # of comments before a GIF's first picture
TEXT_BYTES = 4096  # of the header of a PNM, comments included
SLOW_PIXELS = 1_000_000  # of kinds that are decoded pixel by pixel in Python
SLOW_BYTES = 1_000_000

JPEG, PNG, GIF, BMP = b"\xff\xd8", b"\x89PNG\r\n\x1a\n", (b"GIF87a", b"GIF89a"), b"BM"
START_OF_SCAN, END_OF_IMAGE = 0xDA, 0xD9
ALONE = {0x01, 0xD8, *range(0xD0, 0xD8)}  # markers of a JPEG without a length
# The last byte of a run that fills: a run that leads to nothing would else be read from each of its
# bytes to its end, and 20 kB of it took seconds. One byte alone is found 20 times as fast, too.
MARKER = re.compile(rb"\xff[^\x00\xff]", re.DOTALL)
END_OF_DATA = re.compile(rb"\xff[^\x00\xff\xd0-\xd7]", re.DOTALL)
PNM = re.compile(rb"P([0-9fFy])")
TOKEN = re.compile(rb"(?:\s|#[^\n\r]*[\n\r])*([^\s#]+)")
RLE = (1, 2)  # as BMP calls its run lengths


def check_parts(data: bytes) -> int:
    """The scans of a JPEG, 1 of anything else.

    Raises PictureTooLarge where the file has more parts than its decoder may be asked to read, and
    NotAPicture for a picture written as text.
    """
    if data.startswith(JPEG):
        return _scans_of_jpeg(data)
    if data.startswith(PNG):
        _check_png(data)
    elif data.startswith(GIF):
        _check_gif(data)
    elif data.startswith(BMP):
        _check_bmp(data)
    elif PNM.match(data):
        _check_pnm(data)
    return 1


def check_scans(scans: int, pixels: int) -> None:
    """Raises PictureTooLarge where the scans go over more pixels than may be decoded."""
    if scans * pixels > SCANNED_PIXELS:
        most = SCANNED_PIXELS // pixels
        raise PictureTooLarge(
            f"The picture has {scans} scans of {pixels:,} pixels; at most {most} are allowed at"
            " this size.",
            picture_scans=most,
        )


def _scans_of_jpeg(data: bytes) -> int:
    at, scans, parts, most = 2, 0, 0, _most_parts(data)
    while found := MARKER.search(data, at):
        parts += 1 + (found.end() - at - 2)  # what lies between is stepped over byte by byte
        _few(parts, most)
        kind, at = data[found.end() - 1], found.end()
        if kind == END_OF_IMAGE:
            break
        if kind in ALONE:
            continue
        at += int.from_bytes(data[at : at + 2])
        if kind == START_OF_SCAN:
            scans += 1
            _few_scans(scans)
            end = END_OF_DATA.search(data, at)
            at = end.start() if end else len(data)
    return max(1, scans)


def _few_scans(scans: int) -> None:
    if scans > SCANS:
        raise PictureTooLarge(
            f"The picture has more than the {SCANS} scans that are allowed.", picture_scans=SCANS
        )


def _check_png(data: bytes) -> None:
    at, parts, most = len(PNG), 0, _most_parts(data)
    while at + 8 <= len(data):
        parts += 1
        _few(parts, most)
        (length,) = struct.unpack_from(">I", data, at)
        if data[at + 4 : at + 8] == b"IEND":
            break  # what lies behind is not read
        at += 12 + length


def _check_gif(data: bytes) -> None:
    """Up to the first picture: what lies behind is not read."""
    at, parts = 13, 0
    if len(data) > 10 and data[10] & 0x80:
        at += 3 << ((data[10] & 7) + 1)
    while at < len(data) and data[at] != 0x2C:
        parts += 1
        extension, at = data[at] == 0x21, at + 1
        if extension:
            at += 1
            while at < len(data) and data[at]:
                parts, at = parts + 1, at + 1 + data[at]
                _few(parts, PARTS)
            at += 1
        _few(parts, PARTS)
        if at > HEADER_BYTES:
            raise _too_long(HEADER_BYTES)


def _check_bmp(data: bytes) -> None:
    if len(data) > SLOW_BYTES and int.from_bytes(data[30:34], "little") in RLE:
        raise PictureTooLarge(
            f"A BMP with run lengths may have {SLOW_BYTES:,} bytes; this one has {len(data):,}.",
            picture_bytes=SLOW_BYTES,
        )


def _check_pnm(data: bytes) -> None:
    if data[1:2] in b"123":
        raise NotAPicture("A PNM written as text is not read. Save it in its binary form.")
    head, at, tokens = data[:TEXT_BYTES], 2, []
    for _ in range(2 if data[1:2] == b"4" else 3):
        found = TOKEN.match(head, at)
        if found is None or found.end() >= TEXT_BYTES:
            raise _too_long(TEXT_BYTES)
        tokens.append(found[1])
        at = found.end()
    if len(data) > SLOW_PIXELS and data[1:2] in b"56" and tokens[2] not in (b"255", b"65535"):
        raise PictureTooLarge(
            f"A PNM of other than 8 or 16 bits may have {SLOW_PIXELS:,} bytes.",
            picture_bytes=SLOW_PIXELS,
        )


def _most_parts(data: bytes) -> int:
    return PARTS + len(data) // 1024


def _few(parts: int, most: int) -> None:
    if parts > most:
        raise PictureTooLarge(
            f"The picture's file consists of more than the {most:,} parts that are allowed.",
            picture_parts=most,
        )


def _too_long(most: int) -> PictureTooLarge:
    return PictureTooLarge(
        f"The picture's header has more than the {most:,} bytes that are allowed.",
        picture_header_bytes=most,
    )
