"""Writes likeness/client/{schemas,sync_methods,async_methods}.py from the OpenAPI document:

python -m tests.likeness.client_source

A test holds the files against the document.
"""

from __future__ import annotations

import keyword
import re
import subprocess
import sys
from dataclasses import dataclass
from typing import Any

from server.app import add_routes
from server.settings import Settings
from server.web.api_docs.openapi import Application
from tests.support.paths import ROOT

OTHERS = ("inference protocol",)  # which have clients of their own
BY_HAND = ("follow_job",)
PLAIN = {"string": "str", "integer": "int", "number": "float", "boolean": "bool", "null": "None"}
HEAD = '''"""{what}

Made by `python -m tests.likeness.client_source`.
"""

from __future__ import annotations

'''


@dataclass(frozen=True)
class Route:
    """One route of the document, and what its method is called."""

    method: str
    path: str
    name: str
    operation: dict[str, Any]


def document() -> tuple[dict[str, Any], list[Route]]:
    """The document, and its routes without those that have two addresses."""
    app = Application()
    add_routes(app, Settings())
    spec = app.api_doc
    names = {
        (method, re.sub(r"<([^<:]+:)?", "{", rule.rule).replace(">", "}")): rule.endpoint
        for rule in app.url_map.iter_rules()
        for method in rule.methods or ()
    }
    routes = []
    for path, item in spec["paths"].items():
        for method, operation in item.items():
            alias = f"/api{path}" in spec["paths"]
            if alias or operation["tags"][0] in OTHERS:
                continue
            name = names[method.upper(), path].rpartition(".")[2].removeprefix("api_")
            routes.append(Route(method.upper(), path, name, operation))
    return spec, routes


def sources() -> dict[str, str]:
    """The files by name."""
    spec, routes = document()
    made = [route for route in routes if route.name not in BY_HAND]
    return {
        "schemas.py": formatted(schemas(spec, routes)),
        "sync_methods.py": formatted(methods(made, "Methods", "")),
        "async_methods.py": formatted(methods(made, "AsyncMethods", "await ")),
    }


def schemas(spec: dict[str, Any], routes: list[Route]) -> str:
    """A TypedDict for each schema that the routes use."""
    every = spec["components"]["schemas"]
    used: set[str] = set()
    wanted = references([route.operation for route in routes]) | {"Job"}
    while wanted - used:
        used |= wanted
        wanted = references([every[name] for name in used])
    parts = [HEAD.format(what="What the API takes and gives, as types.")]
    parts.append("from typing import Literal, NotRequired, TypedDict\n\n")
    parts += [typed_dict(name, every[name]) for name in sorted(used)]
    return "".join(parts)


def references(value: object) -> set[str]:
    if isinstance(value, dict):
        own = {value["$ref"].rpartition("/")[2]} if isinstance(value.get("$ref"), str) else set()
        return own.union(*map(references, value.values()))
    return set().union(*map(references, value)) if isinstance(value, list) else set()


def typed_dict(name: str, schema: dict[str, Any]) -> str:
    required = schema.get("required", ())
    fields = {
        key: type_of(part) if key in required else f"NotRequired[{type_of(part)}]"
        for key, part in schema.get("properties", {}).items()
    }
    if any(keyword.iskeyword(key) for key in fields):
        rows = ", ".join(f'"{key}": "{kind}"' for key, kind in fields.items())
        return f'\n\n{name} = TypedDict("{name}", {{{rows}}})\n'
    rows = "".join(f"    {key}: {kind}\n" for key, kind in fields.items()) or "    pass\n"
    return f"\n\nclass {name}(TypedDict):\n{rows}"


def type_of(schema: dict[str, Any], prefix: str = "") -> str:
    """A schema as Python writes the type."""
    if "$ref" in schema:
        return prefix + schema["$ref"].rpartition("/")[2]
    if "anyOf" in schema:
        return " | ".join(dict.fromkeys(type_of(option, prefix) for option in schema["anyOf"]))
    if "const" in schema or "enum" in schema:
        values = schema.get("enum", [schema.get("const")])
        return f"Literal[{', '.join(map(repr, values))}]"
    if schema.get("type") == "array":
        return f"list[{type_of(schema.get('items', {}), prefix)}]"
    if schema.get("type") == "object":
        inner = schema.get("additionalProperties")
        return f"dict[str, {type_of(inner, prefix) if isinstance(inner, dict) else 'object'}]"
    return PLAIN.get(schema.get("type", ""), "object")


def methods(routes: list[Route], name: str, wait: str) -> str:
    """A class with a method for each route."""
    define = "async def" if wait else "def"
    parts = [HEAD.format(what="A method for each route of the API.")]
    parts.append("from abc import ABC, abstractmethod\n")
    parts.append("from collections.abc import Sequence\n")
    parts.append("from typing import Literal, cast\n\n")
    parts.append("import httpx\n\nfrom likeness.client import schemas as t\n")
    parts.append("from likeness.client.calls import Call, Picture, place\n\n\n")
    what = "What the API can do; sending is another class's."
    parts.append(f'class {name}(ABC):\n    """{what}"""\n\n    @abstractmethod\n')
    parts.append(f"    {define} _send(self, call: Call) -> httpx.Response: ...\n")
    parts += [method(route, define, wait) for route in routes]
    return "".join(parts)


def method(route: Route, define: str, wait: str) -> str:
    operation = route.operation
    places = [part for part in operation.get("parameters", []) if part["in"] == "path"]
    asked = [
        part
        for part in operation.get("parameters", [])
        if part["in"] == "query" and part["name"] != "format"
    ]
    arguments = [f"{part['name']}: {type_of(part['schema'])}" for part in places]
    sent, argument = body_of(operation)
    arguments += [argument] if argument else []
    arguments += ["*"] if asked else []
    for part in asked:
        kind = type_of(part["schema"], "t.").removesuffix(" | None")
        arguments.append(f"{part['name']}: {kind} | None = None")
    named = ", ".join(re.findall(r"{(\w+)}", route.path))
    address = repr(re.sub(r"{\w+}", "{}", route.path))
    call = [repr(route.method), f"place({address}, {named})" if places else address]
    if asked:
        rows = ", ".join(f'"{part["name"]}": {part["name"]}' for part in asked)
        call.append(f"query={{{rows}}}")
    call += [sent] if sent else []
    if route.method == "GET" or "predict" in str(operation.get("tags")):
        call.append("repeatable=True")
    gives, value = answer_of(operation, wait)
    return (
        f"\n    {define} {route.name}({', '.join(['self', *arguments])}) -> {gives}:\n"
        f'        """{summary(operation)}"""\n'
        f"        call = Call({', '.join(call)})\n        return {value}\n"
    )


def summary(operation: dict[str, Any]) -> str:
    words, lines = operation["summary"].split(), [""]
    for word in words:
        if len(lines[-1]) + len(word) > 84:
            lines.append("")
        lines[-1] = f"{lines[-1]} {word}".strip()
    return "\n        ".join(lines) + ("\n        " if len(lines) > 1 else "")


def body_of(operation: dict[str, Any]) -> tuple[str, str]:
    """What is sent, and the argument that it comes from."""
    content = operation.get("requestBody", {}).get("content", {})
    if form := content.get("multipart/form-data"):
        ((field, schema),) = form["schema"]["properties"].items()
        if schema.get("type") == "array":
            return f'field="{field}", pictures=pictures', "pictures: Sequence[Picture]"
        return f'field="{field}", pictures=[picture]', "picture: Picture"
    if given := content.get("application/json"):
        return "json=body", f"body: {type_of(given['schema'], 't.')}"
    return "", ""


def answer_of(operation: dict[str, Any], wait: str) -> tuple[str, str]:
    """What a method gives, and how it comes out of the answer."""
    response = next(part for code, part in operation["responses"].items() if code.startswith("2"))
    kind, content = next(iter(response["content"].items()))
    sent = f"({wait}self._send(call))" if wait else "self._send(call)"
    if kind == "application/json":
        gives = type_of(content["schema"], "t.")
        return gives, f"cast({gives!r}, {sent}.json())"
    if kind.startswith("image/"):
        return "bytes", f"{sent}.content"
    return "str", f"{sent}.text"


def formatted(source: str) -> str:
    ruff = [sys.executable, "-m", "ruff"]
    name = ["--stdin-filename", "likeness/client/made.py", "-"]
    form, imports = [*ruff, "format", *name], [*ruff, "check", "--fix", "--select=I,F401", *name]
    for command in (form, imports, form):
        run = subprocess.run(
            command, input=source, capture_output=True, text=True, cwd=ROOT, check=False
        )
        assert run.returncode == 0, run.stdout + run.stderr
        source = run.stdout
    return source


if __name__ == "__main__":
    for file, text in sources().items():
        (ROOT / "likeness" / "client" / file).write_text(text, "utf-8")
