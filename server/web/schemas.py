"""What every route shares of what comes in and goes out, as pydantic models.

They validate, and the OpenAPI document is made from them.

What one subject alone needs lies in its own schemas.py.
"""

from __future__ import annotations

from copy import deepcopy
from functools import cache
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from data_cleaning.json_types import JsonObject
from server.web.validation_messages import LABEL, NAME

JSON_BYTES = 64 * 1024  # of a JSON body that carries no picture
JSON_PARTS = 10_000  # keys and values of a JSON body, of one with pictures too


def _strict_bool(value: object) -> object:
    if isinstance(value, str):
        if value not in ("true", "false"):
            raise ValueError("must be true or false")
        return value == "true"
    return value


def _strict_int(value: object) -> object:
    if isinstance(value, str):
        if not (
            value.removeprefix("-").isascii()
            and value.removeprefix("-").isdigit()
            and len(value) < 19
        ):
            raise ValueError("must be a whole number")
        return int(value)
    return value


# A query holds text; these accept exactly what the document says and no yes, on, 1.0 or 1_000.
QueryBool = Annotated[bool, BeforeValidator(_strict_bool)]
QueryInt = Annotated[int, BeforeValidator(_strict_int)]
Name = Annotated[
    str, Field(pattern=NAME, description="A name without slashes that does not start with a dot.")
]

Label = Annotated[str, Field(pattern=LABEL, description="A class's name, without slashes.")]


class In(BaseModel):
    """A JSON body: no guessing of types, no unknown fields."""

    model_config = ConfigDict(strict=True, extra="forbid")


class Out(BaseModel):
    """An answer. Fields may be added in later versions.

    The framework asks for the schema for every operation and every code that is answered with it:
    three hundred times for a refusal of another system's.
    """

    @classmethod
    def model_json_schema(cls, *args: Any, **options: Any) -> JsonObject:
        return deepcopy(_schema(Out, cls, *args, **options))


class Query(BaseModel):
    """Parameters of an address.

    The framework asks for their schema at every request, and it is always the same.
    """

    @classmethod
    def model_json_schema(cls, *args: Any, **options: Any) -> JsonObject:
        if args or options:
            return super().model_json_schema(*args, **options)
        return _schema(Query, cls)


@cache
def _schema(base: type[BaseModel], model: type[Any], *args: Any, **options: Any) -> JsonObject:
    """What pydantic makes of a model, without the cache of its base."""
    schema: JsonObject = super(base, model).model_json_schema(*args, **options)
    return schema


class Problem(Out):
    """RFC 9457. `type` and `code` are stable; `detail` is for people."""

    type: str
    title: str
    status: int
    detail: str
    code: str
    request_id: str | None = None
    limits: dict[str, float] | None = Field(
        None, description="The limit that was broken, by its name."
    )
    errors: list[dict[str, str]] | None = None


class PictureBody(In):
    """Exactly one of the two."""

    image: str | None = Field(None, description="A data URL, or the picture as bare base64.")
    url: str | None = Field(
        None, max_length=2048, description="Where to get the picture, if fetching is switched on."
    )

    @model_validator(mode="after")
    def _one(self) -> PictureBody:
        if (self.image is None) == (self.url is None):
            raise ValueError("must hold either image or url")
        return self


class BatchBody(In):
    images: list[PictureBody] = Field(min_length=1, max_length=1000)


class IdPath(BaseModel):
    id: str = Field(pattern=r"^[0-9a-f]{1,32}$")
