"""The API's documentation: the OpenAPI document, and a plain page made from it that needs no script and no CDN."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, current_app, jsonify, render_template

docs = Blueprint("docs", __name__, template_folder="templates")


@docs.get("/api/openapi.json")
def document() -> Response:
    """OpenAPI 3.1."""
    return jsonify(current_app.api_doc)  # type: ignore[attr-defined]


@docs.get("/api/docs")
def page() -> str:
    """The same to read."""
    spec = current_app.api_doc  # type: ignore[attr-defined]
    groups: dict[str, list[dict[str, Any]]] = {}
    for path, item in spec["paths"].items():
        for method, operation in item.items():
            entry = {"path": path, "method": method.upper(), **operation}
            groups.setdefault(operation["tags"][0], []).append(entry)
    return render_template("docs.html", spec=spec, groups=groups, shape=shape)


def shape(schema: dict[str, Any]) -> str:
    """A schema in a few words: its name, its type, or what it is a list of."""
    if "$ref" in schema:
        return str(schema["$ref"].rsplit("/", 1)[-1])
    if "anyOf" in schema:
        return " or ".join(shape(each) for each in schema["anyOf"])
    if schema.get("type") == "array":
        return f"list of {shape(schema.get('items', {}))}"
    if "enum" in schema:
        return " | ".join(str(each) for each in schema["enum"])
    return str(schema.get("const", schema.get("type", "anything")))


STYLE = (
    "body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem}"
    "section{border-top:1px solid #ddd}nav a{margin-right:1rem}table{border-collapse:collapse}"
    "td{padding:.1rem .8rem .1rem 0;vertical-align:top}code{background:#f4f4f4}h3 b{color:#06c}"
    "body{overflow-wrap:anywhere}nav{line-height:2}td:not(:last-child){overflow-wrap:normal}"
    "@media(max-width:40rem){td{display:inline-block}td:last-child{display:block;padding-bottom:.5rem}}"
    "@media(prefers-color-scheme:dark){body{background:#111;color:#ddd}code{background:#222}a,h3 b{color:#7ab8ff}}"
)


@docs.get("/api/docs.css")
def style() -> Response:
    return Response(STYLE, mimetype="text/css")
