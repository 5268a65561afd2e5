"""From a request to picture bytes: data URL, bare base64, multipart file or raw body. Decodes no picture.

The number of bytes is checked here; what the bytes hold is checked by the one decoder behind the model.
"""

from __future__ import annotations

import base64
import binascii
import re

from flask import Request

from data_cleaning.errors import EmptyPicture, PictureTooLarge
from server.errors import MissingField, NotBase64

DATA_URL = re.compile(r"data:(?P<kind>[^,;]*)(?P<options>(?:;[^,;]*)*),", re.ASCII)
HOW = "Send it as a data URL (data:image/jpeg;base64,...) or as bare base64."
FORMS = ("application/x-www-form-urlencoded", "multipart/form-data")


def from_form(request: Request, field: str, limit: int) -> bytes:
    """The picture in a form field: base64 text, a data URL, or an uploaded file. limit: bytes of the picture.

    Raises MissingField, EmptyPicture, NotBase64, PictureTooLarge.
    """
    if field in request.files:
        return checked(request.files[field].read(), limit)
    if field in request.form:
        return from_text(request.form[field], limit)
    raise MissingField(f"The form field {field} is missing{_came(request)}. {HOW}")


def from_text(text: str, limit: int) -> bytes:
    """The picture in a data URL or in bare base64. Raises EmptyPicture, NotBase64, PictureTooLarge."""
    match = DATA_URL.match(text)
    if match:
        if "base64" not in match["options"].lower().split(";"):
            raise NotBase64(f"The data URL is not base64. {HOW}")
        text = text[match.end() :]
    # A form that was not escaped turns each + into a space; line breaks and missing padding are harmless too.
    body = re.sub(r"[\t\r\n]+", "", text).strip().replace(" ", "+").rstrip("=")
    if not body:
        raise EmptyPicture(f"The picture is empty: 0 bytes came. {HOW}")
    if len(body) * 3 // 4 > limit:
        raise PictureTooLarge(f"The file has {len(body) * 3 // 4:,} bytes; at most {limit:,} bytes are allowed.")
    try:
        data = base64.b64decode(body + "=" * (-len(body) % 4), validate=True)
    except (binascii.Error, ValueError):
        raise NotBase64(f"The text is not base64: it starts with {text[:20]!r}. {HOW}") from None
    return checked(data, limit)


def from_body(request: Request, limit: int) -> bytes:
    """The picture as the raw body. Raises EmptyPicture, PictureTooLarge."""
    return checked(request.get_data(cache=False), limit)


def checked(data: bytes, limit: int) -> bytes:
    """The same bytes. Raises EmptyPicture, PictureTooLarge."""
    if not data:
        raise EmptyPicture("The picture is empty: 0 bytes came.")
    if len(data) > limit:
        raise PictureTooLarge(f"The file has {len(data):,} bytes; at most {limit:,} bytes are allowed.")
    return data


def _came(request: Request) -> str:
    if request.mimetype not in FORMS:
        return f": the body is {request.mimetype or 'of no stated type'}, not a form"
    names = sorted({*request.form, *request.files})
    return f": the form holds {', '.join(name[:40] for name in names[:5])}" if names else ": the form is empty"
