"""docs/api.md, made from the OpenAPI document: `python -m server api > docs/api.md`.

The words are in templates/api.md.j2; here is only what they are told about.
"""

from __future__ import annotations

from pathlib import Path

from jinja2 import StrictUndefined, Template

from data_cleaning.json_types import JsonObject
from server.web.problems import refusals

# What nginx refuses before it asks the application; its texts are in nginx/likeness.conf.template.
NGINX_REFUSALS = (
    (400, "bad-request", "The request cannot be read"),
    (401, "needs-key", "A key is needed"),
    (404, "not-found", "Not found"),
    (405, "method-not-allowed", "The method is not allowed here"),
    (408, "upload-too-slow", "The upload stood still"),
    (413, "body-too-large", "The body is too large"),
    (414, "address-too-long", "The address is too long"),
    (429, "too-many-requests", "Too many requests"),
    (431, "headers-too-large", "The headers are too large"),
    (502, "away", "The service is away"),
    (504, "too-slow", "The answer took too long"),
    (507, "no-space", "Nothing can be stored"),
)
TEMPLATE = Path(__file__).parent / "templates" / "api.md.j2"


def api_markdown(document: JsonObject) -> str:
    """The page as Markdown."""
    template = Template(
        TEMPLATE.read_text("utf-8"),
        trim_blocks=True,
        keep_trailing_newline=True,
        undefined=StrictUndefined,
    )
    return str(
        template.render(
            refusals=refusals(), nginx_refusals=NGINX_REFUSALS, groups=_by_tag(document)
        )
    )


def _by_tag(document: JsonObject) -> dict[str, list[dict[str, str]]]:
    """The rows of each group of routes, in the document's order."""
    groups: dict[str, list[dict[str, str]]] = {}
    for path, item in document["paths"].items():
        for method, operation in item.items():
            groups.setdefault(operation["tags"][0], []).append(_row(method, path, operation))
    return groups


def _row(method: str, path: str, operation: JsonObject) -> dict[str, str]:
    security = operation.get("security")
    parameters = operation.get("parameters", [])
    query = [parameter["name"] for parameter in parameters if parameter["in"] == "query"]
    return {
        "method": method.upper(),
        "path": path,
        "query": f" (`?{'=&'.join(query)}=`)" if query else "",
        "role": next(iter(security[0].values()))[0] if security else "open to all",
        "summary": operation["summary"],
    }
