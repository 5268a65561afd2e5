"""From a request to picture bytes: data URL, bare base64, multipart file or raw body.

Decodes no picture.

The number of bytes is checked here; what the bytes hold is checked by the one decoder behind the
model.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable
from functools import partial

from flask import Request
from werkzeug.datastructures import FileStorage
from werkzeug.exceptions import UnsupportedMediaType

from data_cleaning.errors import EmptyPicture, PictureTooLarge
from server.errors import BodyTooLarge, MissingField, NotBase64, RequestError
from server.settings import Settings
from server.web.api_docs.openapi import body, fields, schema_of
from server.web.schemas import BatchBody, PictureBody
from server.web.url_fetch import fetch

DATA_URL = re.compile(r"data:(?P<kind>[^,;]*)(?P<options>(?:;[^,;]*)*),", re.ASCII)
ENCODINGS = "Send it as a data URL (data:image/jpeg;base64,...) or as bare base64."
CURL = "With curl: -F image=@photo.jpg, or --data-binary @photo.jpg -H 'Content-Type: image/jpeg'."
NAME = re.compile(r"[\w.-]{1,40}")  # of a form field; anything else is a body that was no form
# The last is what SageMaker's clients send.
RAW = ("", "application/octet-stream", "application/x-image")
BATCH = "POST /api/predict/batch"
FORMS = ("application/x-www-form-urlencoded", "multipart/form-data")
FILE = {"type": "string", "contentMediaType": "application/octet-stream"}

PREDICT_BODY = body(
    {
        "multipart/form-data": fields(image=FILE),
        "application/json": schema_of(PictureBody),
        "application/octet-stream": FILE,
        "application/x-image": FILE,
        "image/*": FILE,
    }
)

BATCH_BODY = body(
    {
        "multipart/form-data": fields(image={"type": "array", "items": FILE, "minItems": 1}),
        "application/json": schema_of(BatchBody),
    }
)


def from_form(request: Request, field: str, limit: int) -> bytes:
    """The picture in a form field: base64 text, a data URL, or an uploaded file. limit: bytes of
    the picture.

    Raises RequestError, EmptyPicture, PictureTooLarge.
    """
    came = len(request.files.getlist(field)) + len(request.form.getlist(field))
    if came > 1:
        raise RequestError(
            f"{came} pictures came in the field {field}; one is looked at here, several at {BATCH}."
        )
    if field in request.files:
        return checked(request.files[field].read(), limit)
    if field in request.form:
        return from_text(request.form[field], limit)
    advice = CURL if field == "image" else ENCODINGS
    raise MissingField(f"The form field {field} is missing{_came(request)}. {advice}")


def from_text(text: str, limit: int) -> bytes:
    """The picture in a data URL or in bare base64.

    Raises EmptyPicture, NotBase64, PictureTooLarge.
    """
    text = _without_head(text)
    body = text.strip().rstrip("=")
    if " " in body:
        body = body.replace(" ", "+")  # an unescaped form turns each + into a space
    if not body:
        raise EmptyPicture(f"The picture is empty: 0 bytes came. {ENCODINGS}")
    size = len(body) * 3 // 4
    if size > limit:
        raise _too_large(f"{size:,} bytes; at most {limit:,} bytes are allowed", limit)
    try:
        data = base64.b64decode(body + "=" * (-len(body) % 4), validate=True)
    except (binascii.Error, ValueError):
        raise NotBase64(
            f"The text is not base64: it starts with {text[:20]!r}. {ENCODINGS}"
        ) from None
    return checked(data, limit)


def _without_head(text: str) -> str:
    """The base64 alone, without the head of a data URL and without line breaks."""
    match = DATA_URL.match(text)
    if match:
        if "base64" not in match["options"].lower().split(";"):
            raise NotBase64(f"The data URL is not base64. {ENCODINGS}")
        text = text[match.end() :]
    # Mostly there is none, and to look for one is ten times as quick as to replace it.
    for space in "\t\r\n":
        if space in text:
            text = text.replace(space, "")
    return text


def picture_of(request: Request, settings: Settings, query: tuple[str, ...]) -> bytes:
    """The picture of a request, whichever of the documented ways it came by.

    query: what the address may say, for whoever wrote it into the form.

    Raises RequestError, PictureError, FetchRefused; UnsupportedMediaType for another content type.
    """
    limit = settings.picture_bytes
    if request.mimetype in FORMS:
        data = from_form(request, "image", limit)
        only_image(request, query)
        return data
    if request.is_json:
        return from_json(PictureBody.model_validate(request.get_json()), settings)
    if request.mimetype in RAW or request.mimetype.startswith("image/"):
        return from_body(request, limit)
    raise UnsupportedMediaType(
        f"{request.mimetype[:60]} is not accepted here: send multipart/form-data with the field"
        f" image, application/json, application/octet-stream or an image/ type. {CURL}"
    )


def pictures_of(
    request: Request, settings: Settings, query: tuple[str, ...] = ()
) -> list[Callable[[], bytes]]:
    """One function a picture, each giving its bytes or raising its own refusal; the number of them
    is checked here.

    query: what the address may say, for whoever wrote it into the form. Raises RequestError,
    ValidationError; UnsupportedMediaType for another content type.
    """
    request.max_content_length = settings.batch_bytes
    request.max_form_memory_size = settings.batch_bytes
    parts = _parts(request, settings)
    if not parts:
        raise MissingField(
            "The form field image is missing. Send one or more pictures as files under that name."
        )
    only_image(request, query)
    _few(len(parts), settings.batch_pictures)
    return parts


def _parts(request: Request, settings: Settings) -> list[Callable[[], bytes]]:
    if request.is_json:
        sent = request.get_json()
        if isinstance(sent, dict) and isinstance(sent.get("images"), list):
            _few(len(sent["images"]), settings.batch_pictures)
        images = BatchBody.model_validate(sent).images
        return [partial(from_json, image, settings) for image in images]
    if request.mimetype == "multipart/form-data":
        files = request.files.getlist("image")
        return [partial(_from_file, file, settings.picture_bytes) for file in files]
    raise UnsupportedMediaType(
        f"The body is {_kind(request)}: send multipart/form-data with several fields image, or"
        " application/json. With curl: -F image=@a.jpg -F image=@b.jpg."
    )


def only_image(request: Request, query: tuple[str, ...]) -> None:
    """Raises RequestError for a form field that would be passed over, as the model's name is where
    it is no parameter, and for pictures as text beside pictures as files."""
    for name in sorted({*request.form, *request.files} - {"image"}):
        where = f"give it in the address: ?{name}=" if name in query else "the only one is image."
        raise RequestError(f"The form field {name[:40]!r} does nothing here; {where}")
    if "image" in request.files and "image" in request.form:
        raise RequestError(
            "Some fields image hold a file and others text; send each picture as a file."
        )


def _few(came: int, limit: int) -> None:
    if came > limit:
        raise BodyTooLarge(
            f"{came} pictures came; at most {limit} are allowed at a time.", batch_pictures=limit
        )


def from_json(wanted: PictureBody, settings: Settings) -> bytes:
    """The picture that a JSON body holds or names. Raises PictureError, NotBase64, FetchRefused."""
    if wanted.image is not None:
        return from_text(wanted.image, settings.picture_bytes)
    return fetch(wanted.url or "", settings)


def _from_file(file: FileStorage, limit: int) -> bytes:
    data = file.read(limit + 1)  # no more than it takes to know
    if len(data) > limit:
        raise _too_large(f"more than {limit:,} bytes, which is the most that is allowed", limit)
    return checked(data, limit)


def from_body(request: Request, limit: int) -> bytes:
    """The picture as the raw body. Raises EmptyPicture, PictureTooLarge."""
    return checked(request.get_data(cache=False), limit)


def checked(data: bytes, limit: int) -> bytes:
    """The same bytes. Raises EmptyPicture, PictureTooLarge."""
    if not data:
        raise EmptyPicture("The picture is empty: 0 bytes came.")
    if len(data) > limit:
        raise _too_large(f"{len(data):,} bytes; at most {limit:,} bytes are allowed", limit)
    return data


def _too_large(size: str, limit: int) -> PictureTooLarge:
    return PictureTooLarge(f"The file has {size}.", picture_bytes=limit)


def _came(request: Request) -> str:
    if request.mimetype not in FORMS:
        return f": the body is {_kind(request)}, not a form"
    names = sorted({*request.form, *request.files})
    unread = (
        not names and request.mimetype == FORMS[0] and request.content_length
    )  # bytes that are no text at all
    if unread or not all(NAME.fullmatch(name) for name in names):
        return f": the body came as {_kind(request)} and holds something else"
    return f": the form holds {', '.join(names[:5])}" if names else ": the form is empty"


def _kind(request: Request) -> str:
    return request.mimetype[:60] or "of no stated type"
