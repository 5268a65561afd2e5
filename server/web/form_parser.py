"""A form of key=value pairs taken apart quickly: a picture in base64 is one value of it.

Python's own parser goes from one %2B to the next, of which a picture of 60 kB has thousands: that
took two milliseconds of each request, and no other thread could work meanwhile.
"""

from __future__ import annotations

import binascii
import re
from typing import IO
from urllib.parse import unquote

from werkzeug.datastructures import FileStorage, MultiDict
from werkzeug.formparser import FormDataParser

# An escape that is none, or is not of an ASCII character.
_ODD = re.compile(r"%(?![0-7][0-9A-Fa-f])")
_MEANT = "=\r\n"  # what quoted-printable has a meaning of its own for


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
    usual = text.isascii() and not any(character in text for character in _MEANT)
    if usual and not _ODD.search(text):
        # As escapes of quoted-printable, which begin with =: a loop in C reads those.
        return binascii.a2b_qp(text.replace("%", "=")).decode()
    # What is no text is left as it came, under the name that Werkzeug gave to that.
    return unquote(text, errors="werkzeug.url_quote")
