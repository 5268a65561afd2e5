"""The API's documentation: the OpenAPI document, and a plain page made from it that needs no script
and no CDN.
"""

from __future__ import annotations

import json
import re
from pathlib import Path

from flask import Blueprint, Response, current_app, jsonify, render_template
from markupsafe import Markup, escape

from data_cleaning.json_types import JsonObject

docs = Blueprint("docs", __name__, template_folder="templates")


@docs.get("/api/openapi.json")
def document() -> Response:
    """OpenAPI 3.1."""
    return jsonify(current_app.api_doc)  # type: ignore[attr-defined]


@docs.get("/api/docs")
def page() -> str:
    """The same to read."""
    spec = current_app.api_doc  # type: ignore[attr-defined]
    groups: dict[str, list[JsonObject]] = {}
    for path, item in spec["paths"].items():
        for method, operation in item.items():
            entry = {"path": path, "method": method.upper(), **operation}
            groups.setdefault(operation["tags"][0], []).append(entry)
    return render_template("docs.html", spec=spec, groups=groups, **WORDS)


def shape(schema: JsonObject) -> str:
    """A schema in a few words: its name, its type, or what it is a list of."""
    if "$ref" in schema:
        return str(schema["$ref"].rsplit("/", 1)[-1])
    if "anyOf" in schema:
        return " or ".join(shape(option) for option in schema["anyOf"])
    if schema.get("type") == "array":
        return f"list of {shape(schema.get('items', {}))}"
    if "enum" in schema:
        return " | ".join(str(value) for value in schema["enum"])
    return str(schema.get("const", schema.get("type", "anything")))


def prose(text: str) -> Markup:
    """Text in which `this` is code."""
    return Markup(re.sub(r"`([^`]+)`", r"<code>\1</code>", str(escape(text))))


def model_of(schema: JsonObject) -> str | None:
    """The name of the type that a schema is, or is a list of."""
    inner = schema.get("items", {}) if schema.get("type") == "array" else schema
    return str(inner["$ref"].rsplit("/", 1)[-1]) if "$ref" in inner else None


def pretty(example: object) -> str:
    """An example as a person would write it."""
    return (
        example if isinstance(example, str) else json.dumps(example, indent=2, ensure_ascii=False)
    )


@docs.get("/api/docs.css")
def style() -> Response:
    return Response(
        (Path(__file__).parent / "templates" / "docs.css").read_text("utf-8"), mimetype="text/css"
    )


WORDS = {"shape": shape, "prose": prose, "model_of": model_of, "pretty": pretty}
