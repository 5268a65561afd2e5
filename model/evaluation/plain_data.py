"""Typed figures as plain data for JSON: the border between the program and its files."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import Field, fields, is_dataclass
from pathlib import Path
from typing import Any, ClassVar, Protocol

from data_cleaning.json_types import JsonObject


class Dataclass(Protocol):
    """An instance of any dataclass."""

    __dataclass_fields__: ClassVar[dict[str, Field[Any]]]


LEFT_OUT = {"left_out": True}  # of a field: no key stands in JSON for it where it is None


def keyed(name: str) -> dict[str, object]:
    """Of a field: what JSON calls it."""
    return {"key": name}


def to_plain(value: Any) -> Any:
    """A dataclass as an object, by its own `to_json` where it has one; a sequence as a list, a path
    as text; all else as it is.
    """
    if is_dataclass(value) and not isinstance(value, type):
        return value.to_json() if hasattr(value, "to_json") else fields_of(value)
    if isinstance(value, Mapping):
        return {name: to_plain(entry) for name, entry in value.items()}
    if isinstance(value, list | tuple):
        return [to_plain(entry) for entry in value]
    return str(value) if isinstance(value, Path) else value


def fields_of(figures: Dataclass) -> JsonObject:
    """The fields of a dataclass by their keys."""
    pairs = [(field, getattr(figures, field.name)) for field in fields(figures)]
    return {
        field.metadata.get("key", field.name): to_plain(value)
        for field, value in pairs
        if not (value is None and field.metadata.get("left_out"))
    }
