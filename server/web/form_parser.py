"""A form of key=value pairs taken apart quickly: a picture in base64 is one value of it.

Python's own parser goes from one %2B to the next, of which a picture of 60 kB has thousands: that
took two milliseconds of each request, and no other thread could work meanwhile.
"""

from __future__ import annotations

from typing import IO
from urllib.parse import unquote

from werkzeug.datastructures import FileStorage, MultiDict
from werkzeug.formparser import FormDataParser

# What base64 and the head of a data URL are written with. Nothing here becomes a percent sign or a
# digit, so that one replacement after another is the same as all at once.
_USUAL = {
    escape: character
    for character in "+/=:;,"
    for escape in (f"%{ord(character):02X}", f"%{ord(character):02x}")
}


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
    text = text.replace("+", " ")
    for escape, character in _USUAL.items():
        text = text.replace(escape, character)
    # What is no text is left as it came, under the name that Werkzeug gave to that.
    return unquote(text, errors="werkzeug.url_quote")
