"""A form of key=value pairs taken apart quickly: a picture in base64 is one value of it.

Python's own parser goes from one %2B to the next, of which a picture of 60 kB has thousands: that
took two milliseconds of each request, and no other thread could work meanwhile.
"""

from __future__ import annotations

from typing import IO
from urllib.parse import unquote

import numpy as np
from werkzeug.datastructures import FileStorage, MultiDict
from werkzeug.formparser import FormDataParser

_LONG = 1000  # characters from which the quick way is the quicker one
_NO_DIGIT = 255
_DIGITS = np.full(256, _NO_DIGIT, np.uint8)  # what a hexadecimal digit is worth, by its byte
for _value, _digit in enumerate("0123456789abcdef"):
    _DIGITS[[ord(_digit), ord(_digit.upper())]] = _value


class QuickFormParser(FormDataParser):
    """Werkzeug's parser, but for the escapes of base64."""

    def _parse_urlencoded(
        self, stream: IO[bytes], mimetype: str, content_length: int | None, options: dict[str, str]
    ) -> tuple[IO[bytes], MultiDict[str, str], MultiDict[str, FileStorage]]:
        return stream, self.cls(form_pairs(stream.read().decode())), self.cls()


def form_pairs(text: str) -> list[tuple[str, str]]:
    """The names and values of a form in the order they came, as `urllib.parse.parse_qsl` gives
    them with `keep_blank_values`.
    """
    pairs = [part.partition("=") for part in text.split("&") if part]
    return [(_unescaped(name), _unescaped(value)) for name, _, value in pairs]


def _unescaped(text: str) -> str:
    if "+" in text:
        text = text.replace("+", " ")
    quickly = _of_ascii(text) if len(text) >= _LONG and text.isascii() else None
    # What is no text is left as it came, under the name that Werkzeug gave to that.
    return unquote(text, errors="werkzeug.url_quote") if quickly is None else quickly


def _of_ascii(text: str) -> str | None:
    """The text with all escapes read at once; None where one is not of an ASCII character."""
    written = np.frombuffer(text.encode(), np.uint8)
    places = np.flatnonzero(written == ord("%"))
    if not len(places):
        return text
    if places[-1] + 2 >= len(written):
        return None
    high, low = _DIGITS[written[places + 1]], _DIGITS[written[places + 2]]
    if high.max() > 7 or low.max() == _NO_DIGIT:
        return None
    read, kept = written.copy(), np.ones(len(written), bool)
    read[places] = high << 4 | low
    kept[places + 1] = kept[places + 2] = False
    return read[kept].tobytes().decode()
