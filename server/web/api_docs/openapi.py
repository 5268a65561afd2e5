"""The Flask application that describes itself: OpenAPI 3.1 from the models that validate, problems
as RFC 9457.

The role an operation needs is written in its `security`; server/access/authorisation.py reads it
from there, so that the document and the guard cannot differ.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from json import JSONDecodeError
from typing import Any, NoReturn

from flask import Request as FlaskRequest
from flask_openapi3.blueprint import APIBlueprint
from flask_openapi3.models.info import Info
from flask_openapi3.models.operation import Operation
from flask_openapi3.openapi import OpenAPI
from flask_openapi3.utils import get_operation_id_for_path
from pydantic import BaseModel, ValidationError
from werkzeug.exceptions import BadRequest, UnsupportedMediaType

from data_cleaning.json_types import JsonObject
from server.errors import BodyTooLarge
from server.web.api_docs.examples import PROBLEMS, example_of
from server.web.form_parser import QuickFormParser
from server.web.schemas import JSON_PARTS, Problem

KEY_SCHEMES = {
    "bearer": {"type": "http", "scheme": "bearer", "description": "Authorization: Bearer KEY"},
    "key": {"type": "apiKey", "in": "header", "name": "X-API-Key"},
    "session": {
        "type": "apiKey",
        "in": "cookie",
        "name": "likeness_session",
        "description": "Of the page. By https its name is __Host-likeness_session.",
    },
}
OTHERS = "model_key"
OTHERS_SCHEME = {
    "type": "apiKey",
    "in": "header",
    "name": "x-api-key",
    "description": "A key that is bound to a model: a UUID.",
}
VERSION = "1.0.0"
METHODS = ("get", "post", "put", "patch", "delete")
REFERENCE = "#/components/schemas/{model}"
LINE_BREAK = "<br/>"  # as the framework joins the lines of a docstring
BODIES: dict[str, type[BaseModel]] = {}
PICTURES = (b"\xff\xd8", b"\x89PNG")  # sent as JSON by mistake
SEPARATORS = (b":", b",", b"[", b"{")


class Request(FlaskRequest):
    """A request whose JSON is never guessed: broken JSON and other content types are told apart
    from a wrong value.
    """

    form_data_parser_class = QuickFormParser

    def get_json(self, force: bool = False, silent: bool = False, cache: bool = True) -> Any:
        if not self.is_json:
            raise UnsupportedMediaType("Send JSON with the header Content-Type: application/json.")
        check_parts(self.get_data())
        try:
            parsed = super().get_json(force, False, cache)
        except RecursionError:
            raise BadRequest(
                "The body is not JSON that can be read: it is nested too deeply."
            ) from None
        vars(self).pop("_cached_data", None)  # a batch is large, and not needed twice
        return parsed

    def on_json_loading_failed(self, e: ValueError | None) -> NoReturn:
        """Called by the framework, under this name.

        Raises BadRequest that says what is wrong, and where.
        """
        raise BadRequest(f"The body is not JSON that can be read: {self._broken(e)}") from None

    def _broken(self, error: ValueError | None) -> str:
        if not self.get_data():
            return "it is empty."
        if isinstance(error, JSONDecodeError):
            return f"{error.msg} at line {error.lineno}, column {error.colno}."
        if isinstance(error, UnicodeDecodeError):
            return (
                "it is no text. A picture is sent as it is with Content-Type: image/jpeg, or in"
                " JSON as base64."
            )
        return "it holds a number of too many digits."


def check_parts(data: bytes) -> None:
    """Count the keys and values of a JSON text before anything of it is taken apart.

    Raises BodyTooLarge. What looks like a separator within a text counts too.
    """
    if data.startswith(PICTURES):
        return  # which is told as what it is
    parts = sum(data.count(separator) for separator in SEPARATORS)
    if parts > JSON_PARTS:
        raise BodyTooLarge(
            f"The JSON holds {parts:,} keys and values; at most {JSON_PARTS:,} are allowed.",
            json_parts=JSON_PARTS,
        )


class Application(OpenAPI):
    """Flask with the document. The document is made once, after all blueprints are in.

    of_others: whether there are routes of other systems, with keys of their own.
    """

    request_class = Request

    def __init__(self, of_others: bool = False) -> None:
        more = {OTHERS: OTHERS_SCHEME} if of_others else {}
        super().__init__(
            "server",
            info=Info(
                title="Likeness",
                version=VERSION,
                description="Names what is in a picture, and says why.",
            ),
            security_schemes=KEY_SCHEMES | more,  # type: ignore[arg-type]
            validation_error_callback=_refuse,
            doc_prefix="/api",
            doc_ui=False,
            static_folder=None,
        )
        self.url_map.merge_slashes = (
            False  # or // is redirected to where the Host header says, by a page of HTML
        )

    def register_api(self, api: APIBlueprint, **options: Any) -> None:
        """Put a blueprint in.

        The framework lets a path of it take the place of the same path of another one, with all its
        methods: those would be missing in the document, and so be open to everybody.
        """
        before = {path: item for path, item in self.paths.items() if path in api.paths}
        super().register_api(api, **options)
        for path, item in before.items():
            others = {method: getattr(item, method) for method in METHODS if getattr(item, method)}
            self.paths[path] = self.paths[path].model_copy(update=others)

    def operations(self) -> Iterator[tuple[tuple[str, str], Operation]]:
        """((endpoint, method), operation) for every route of the document."""
        for rule in self.url_map.iter_rules():
            item = self.paths.get(re.sub(r"<([^<:]+:)?", "{", rule.rule).replace(">", "}"))
            for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}:
                operation = getattr(item, method.lower(), None)
                if operation is not None:
                    yield (rule.endpoint, method), operation

    def carries_picture(self, operation: Operation) -> bool:
        """Whether the body of an operation may hold a picture: a form, raw bytes, or JSON with a
        field image.
        """
        content = getattr(operation.requestBody, "content", {})
        if set(content) != {"application/json"}:
            return bool(content)
        reference: str | None = content["application/json"].media_type_schema.ref
        if reference is None:
            return False
        schema = self.components_schemas[reference.rpartition("/")[2]]
        return "image" in (schema.properties or {})

    def generate_spec_json(self) -> None:
        super().generate_spec_json()  # type: ignore[no-untyped-call]
        schemas = self.spec_json["components"]["schemas"]
        schemas.pop("ValidationErrorModel", None)
        for path in self.spec_json["paths"].values():
            for operation in path.values():
                _describe(operation)
                _finish(operation)
        models: list[type[BaseModel]] = [Problem, *BODIES.values()]
        for model in models:
            schema = model.model_json_schema(ref_template=REFERENCE)
            schemas |= schema.pop("$defs", {})
            schemas[model.__name__] = schema


def operation_ids(prefix: str) -> Callable[..., str]:
    """Operation ids are public: a blueprint goes on with the prefix they were published under."""

    def operation_id(*, name: str, path: str, method: str) -> str:
        return get_operation_id_for_path(bp_name=prefix, name=name, path=path, method=method)

    return operation_id


def needs(role: str) -> list[dict[str, list[str]]]:
    """The `security` of an operation that asks for a role: a key, shown in any of three ways."""
    return [{scheme: [role]} for scheme in KEY_SCHEMES]


def needs_model_key(role: str) -> list[dict[str, list[str]]]:
    """The same for a route of another system, whose key is bound to a model."""
    return [{OTHERS: [role]}]


def is_of_others(operation: Operation) -> bool:
    """Whether an operation is another system's, with its own words and its own strictness."""
    return any(OTHERS in scheme for scheme in operation.security or ())


def role_of(operation: Operation) -> str | None:
    """The role that an operation of the document asks for, or None for one that is open to all."""
    if not operation.security:
        return None
    return str(next(iter(dict(operation.security[0]).values()))[0])


def answer(
    model: type[BaseModel] | None = None, content: str = "application/json", **more: object
) -> JsonObject:
    """A response of the document for something that is not simply a JSON object."""
    return {"content": {content: {"schema": more or {"type": "string"}}}}


def body(contents: dict[str, JsonObject]) -> JsonObject:
    """The request body of an operation that takes several content types: content type -> schema."""
    content = {kind: {"schema": schema} for kind, schema in contents.items()}
    return {"requestBody": {"required": True, "content": content}}


def fields(**properties: JsonObject) -> JsonObject:
    """The schema of a form in which every field is needed."""
    return {"type": "object", "required": list(properties), "properties": properties}


def schema_of(model: type[BaseModel]) -> JsonObject:
    """A reference to the schema of a JSON body; Application puts it among the components."""
    BODIES[model.__name__] = model
    return {"$ref": REFERENCE.format(model=model.__name__)}


def _describe(operation: JsonObject) -> None:
    """The first paragraph of the view's docstring is the summary, the others are the description.

    The framework takes the first line alone, and so would cut a sentence that was wrapped.
    """
    lines = [operation[part] for part in ("summary", "description") if operation.get(part)]
    first, *others = LINE_BREAK.join(lines).split(2 * LINE_BREAK)
    operation["summary"] = first.replace(LINE_BREAK, " ")
    if others:
        paragraphs = [paragraph.replace(LINE_BREAK, " ") for paragraph in others]
        operation["description"] = LINE_BREAK + (2 * LINE_BREAK).join(paragraphs)
    else:
        operation.pop("description", None)


def _finish(operation: JsonObject) -> None:
    """Refusals and examples."""
    responses = operation.setdefault("responses", {})
    responses.pop("422", None)
    if "400" not in responses:  # a route of another system describes its own refusals
        _describe_refusals(operation, responses)
    for part in (operation.get("requestBody", {}), *responses.values()):
        for kind, content in part.get("content", {}).items():
            example = example_of(kind, content.get("schema", {}))
            if example is not None:
                content.setdefault("example", example)


def _describe_refusals(operation: JsonObject, responses: JsonObject) -> None:
    """Every refusal is a Problem: any operation may refuse with any of the codes of
    server/web/problems.py.
    """
    codes = {"400": "Bad request", "422": "Invalid", "429": "Busy", "503": "Away"}
    codes |= {"401": "A key is needed, or it is not valid", "403": "The key may not do this"}
    codes |= {"404": "Not found", "409": "Conflict"}
    if operation.get("requestBody"):
        codes |= {"413": "Too large", "415": "Wrong content type", "507": "No room to store it"}
    for code, text in sorted(codes.items()):
        content = {"schema": {"$ref": REFERENCE.format(model="Problem")}, "example": PROBLEMS[code]}
        responses.setdefault(
            code, {"description": text, "content": {"application/problem+json": content}}
        )


def _refuse(error: ValidationError) -> NoReturn:
    """Who handles errors of the route decides how that is worded."""
    raise error
