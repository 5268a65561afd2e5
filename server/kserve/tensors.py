"""From tensors to pictures, and from answers to tensors. Decodes no picture."""

from __future__ import annotations

import json
import math
import struct
from collections.abc import Callable, Sequence

from data_cleaning.json_types import JsonObject
from model.recognition.predictions import Recognition
from server.errors import BodyTooLarge, RequestError
from server.kserve.schemas import InferBody, InferInput
from server.settings import Settings
from server.web.uploads import checked, from_text

INPUT, BYTES = "image", "BYTES"
BINARY = "binary_data_size"
# Name, datatype and value of each output, an element a picture.
OUTPUTS: dict[str, tuple[str, Callable[[Recognition, JsonObject], float | str]]] = {
    "label": ("BYTES", lambda found, _: found.label or ""),
    "score": ("FP32", lambda found, _: _score(found)),
    "answer": ("BYTES", lambda _, answer: json.dumps(answer, ensure_ascii=False)),
}


def split_body(data: bytes, header: str | None) -> tuple[bytes, bytes]:
    """The JSON and the raw tensors behind it, as the binary extension sends them.

    header: Inference-Header-Content-Length, the bytes of the JSON; None where all of it is JSON.
    """
    if header is None:
        return data, b""
    if not header.isascii() or not header.isdigit() or int(header) > len(data):
        raise RequestError(
            f"Inference-Header-Content-Length is {header[:20]!r}; the body has {len(data):,} bytes."
        )
    return data[: int(header)], data[int(header) :]


def pictures_of(body: InferBody, raw: bytes, settings: Settings) -> list[bytes]:
    """The pictures of a request. Raises RequestError, BodyTooLarge, NotBase64, PictureError."""
    given = _image_input(body)
    count = math.prod(given.shape)
    if count > settings.batch_pictures:
        raise BodyTooLarge(
            f"{count} pictures came; at most {settings.batch_pictures} are allowed at a time.",
            batch_pictures=settings.batch_pictures,
        )
    if BINARY in given.parameters:
        found = _unpacked(raw, given.parameters[BINARY], settings.picture_bytes)
    else:
        texts = _flat(given.data or [])
        found = [from_text(text, settings.picture_bytes) for text in texts]
    if len(found) != count:
        raise RequestError(
            f"The shape {given.shape} of {INPUT} says {count} elements; {len(found)} came."
        )
    return found


def wanted_outputs(body: InferBody) -> list[str]:
    """Names of the outputs to give. Raises RequestError for one that does not exist."""
    if body.outputs is None:
        return list(OUTPUTS)
    names = [output.name for output in body.outputs]
    for name in names:
        if name not in OUTPUTS:
            raise RequestError(
                f"There is no output {name[:40]!r}; there are: {', '.join(OUTPUTS)}."
            )
    return names


def output_rows(
    names: Sequence[str], answers: Sequence[tuple[Recognition, JsonObject]]
) -> list[JsonObject]:
    """A tensor for each output, an element a picture."""
    rows = []
    for name in names:
        datatype, value = OUTPUTS[name]
        data = [value(found, answer) for found, answer in answers]
        rows.append({"name": name, "datatype": datatype, "shape": [len(data)], "data": data})
    return rows


def _image_input(body: InferBody) -> InferInput:
    names = [given.name for given in body.inputs]
    if names != [INPUT]:
        raise RequestError(
            f"One input named {INPUT} is wanted; there came: {', '.join(names)[:80] or 'none'}."
        )
    (given,) = body.inputs
    if given.datatype != BYTES:
        raise RequestError(
            f"The input {INPUT} has the datatype {given.datatype[:20]!r}; it must be {BYTES}: a"
            " picture file as base64."
        )
    batch, *rest = given.shape or [0]
    if batch < 1 or rest not in ([], [1]):
        raise RequestError(f"The shape of {INPUT} is {given.shape}; it must be [n] or [n, 1].")
    return given


def _flat(data: list[object]) -> list[str]:
    """Elements in row-major order, however they are nested."""
    found: list[str] = []
    for element in data:
        if isinstance(element, list) and len(element) == 1:
            (element,) = element
        if not isinstance(element, str):
            raise RequestError(f"An element of {INPUT} is no text; it must be base64.")
        found.append(element)
    return found


def _unpacked(raw: bytes, size: object, limit: int) -> list[bytes]:
    """Elements of a raw BYTES tensor: each with its length before it, 4 bytes, little-endian."""
    if size != len(raw):
        raise RequestError(f"{BINARY} is {size!r}; {len(raw):,} bytes came behind the JSON.")
    found, at = [], 0
    while at < len(raw):
        if at + 4 > len(raw):
            raise RequestError("The raw tensor ends within the length of an element.")
        (length,) = struct.unpack_from("<I", raw, at)
        if at + 4 + length > len(raw):
            raise RequestError("The raw tensor ends within an element.")
        found.append(checked(raw[at + 4 : at + 4 + length], limit))
        at += 4 + length
    return found


def _score(found: Recognition) -> float:
    """Probability of the label that is the answer; 0 where nobody known is in the picture."""
    return next((score for label, score in found.scores if label == found.label), 0.0)
