"""Small things that the server's tests share: pictures made on the spot, and holding answers
against the document.
"""

from __future__ import annotations

import base64
import io
import json
import re
from collections.abc import Callable
from typing import Any, ClassVar

import jsonschema_rs
import PIL.Image
import pytest
from flask import Flask, Response, request
from flask.testing import FlaskClient

# For what a request must look like, or what a file may be, in many spellings: no database tells
# them apart. What is written, found and forgotten is tested with each.
ONE_DATABASE = pytest.mark.parametrize("new_database_url", ["sqlite"], indirect=True)


def make_picture(
    colour: str = "red", size: tuple[int, int] = (64, 48), kind: str = "PNG", mode: str = "RGB"
) -> bytes:
    out = io.BytesIO()
    PIL.Image.new("RGB", size, colour).convert(mode).save(out, kind)
    return out.getvalue()


def make_patches(*patches: tuple[str, int], gap: int = 40) -> bytes:
    """Colours of so many pixels' width side by side, with black between: a picture of several
    regions.
    """
    picture = PIL.Image.new("RGB", (sum(width + gap for _, width in patches) + gap, 48))
    left = gap
    for colour, width in patches:
        picture.paste(colour, (left, 0, left + width, 48))
        left += width + gap
    out = io.BytesIO()
    picture.save(out, "PNG")
    return out.getvalue()


def data_url(data: bytes, kind: str = "image/png") -> str:
    return f"data:{kind};base64,{base64.b64encode(data).decode()}"


class Conformance:
    """Holds every JSON answer of every test against the OpenAPI document."""

    spec: ClassVar[dict[str, Any]] = {}  # the same for every application, and slow to make
    validators: ClassVar[dict[str, Any]] = {}

    def __init__(self, app: Flask) -> None:
        if not self.spec:
            self.spec.update(app.api_doc)  # type: ignore[attr-defined]
        self.broken: list[str] = []

    def __call__(self, response: Response) -> Response:
        try:
            self.check(response)
        except (AssertionError, jsonschema_rs.ValidationError) as error:
            self.broken.append(str(error))
        return response

    def check(self, response: Response) -> None:
        rule = request.url_rule.rule if request.url_rule else ""
        item = self.spec["paths"].get(re.sub(r"<([^<:]+:)?", "{", rule).replace(">", "}"))
        operation = (item or {}).get(request.method.lower())
        if operation is not None and response.status_code < 500 and not response.is_streamed:
            described = operation["responses"].get(str(response.status_code))
            assert described, f"{request.method} {rule} may not answer {response.status_code}"
            content = described["content"].get(response.mimetype)
            assert content, f"{request.method} {rule} may not answer with {response.mimetype}"
            if "json" in response.mimetype:
                self.validator(content["schema"]).validate(response.get_json())

    def validator(self, schema: dict[str, object]) -> Any:
        text = json.dumps(schema)
        if text not in self.validators:
            whole = {**schema, "components": self.spec["components"]}
            self.validators[text] = jsonschema_rs.Draft202012Validator(whole)
        return self.validators[text]


Make = Callable[..., Flask]
KeyOf = Callable[[str], dict[str, str]]


def ask(client: FlaskClient, colour: str = "red") -> dict[str, Any]:
    return client.post(
        "/api/predict", data=make_picture(colour), content_type="image/png"
    ).get_json()
