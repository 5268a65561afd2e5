"""What comes in and what goes out, as pydantic models: they validate, and the OpenAPI document is made from them."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field


def _strict_bool(value: Any) -> Any:
    if isinstance(value, str):
        if value not in ("true", "false"):
            raise ValueError("must be true or false")
        return value == "true"
    return value


def _strict_int(value: Any) -> Any:
    if isinstance(value, str):
        if not (value.removeprefix("-").isascii() and value.removeprefix("-").isdigit() and len(value) < 19):
            raise ValueError("must be a whole number")
        return int(value)
    return value


# A query holds text; these accept exactly what the document says and no yes, on, 1.0 or 1_000.
QueryBool = Annotated[bool, BeforeValidator(_strict_bool)]
QueryInt = Annotated[int, BeforeValidator(_strict_int)]
NAME = r"^[^\x00-\x20\x7f/\\.][^\x00-\x1f\x7f/\\]{0,62}$"
Name = Annotated[str, Field(pattern=NAME, description="A name without slashes that does not start with a dot.")]


class In(BaseModel):
    """A JSON body: no guessing of types, no unknown fields."""

    model_config = ConfigDict(strict=True, extra="forbid")


class Out(BaseModel):
    """An answer. Fields may be added in later versions."""


class Problem(Out):
    """RFC 9457. `type` and `code` are stable; `detail` is for people."""

    type: str
    title: str
    status: int
    detail: str
    code: str
    request_id: str | None = None
    limits: dict[str, int] | None = None
    errors: list[dict[str, str]] | None = None


class ModelPath(BaseModel):
    name: Name


class LegacyQuery(BaseModel):
    model: Name | None = Field(None, description="Model that answers; the default one if left out.")
    unknown: Literal["0", "1"] = Field("0", description="1 also lists people that nobody is known in.")


class Status(Out):
    status: str


class Ready(Out):
    status: str
    model: str
    version: int


class ModelSummary(Out):
    name: str
    version: int
    active: bool = True
    default: bool
    recipe: str
    subject: str
    labels: list[str]


class ModelList(Out):
    default: str | None
    models: list[ModelSummary]
    broken: list[dict[str, str]] = Field(description="Models that could not be loaded, and why.")


class ModelDetail(ModelSummary):
    versions: list[int]
    facts: dict[str, Any]
    report: str | None = Field(description="Where the training report can be read.")
