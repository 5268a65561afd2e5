"""What a look finds: how grave it is, what was seen, and what to do about it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Literal

from data_cleaning.errors import LikenessError
from data_cleaning.json_types import JsonObject
from server.settings import Settings

State = Literal["good", "doubtful", "bad"]


@dataclass(frozen=True)
class Finding:
    """about: what was looked at, in a word. todo: empty where all is well."""

    about: str
    state: State
    seen: str
    todo: str = ""

    def to_json(self) -> JsonObject:
        return asdict(self)


Look = Callable[[Settings], Finding]


def good(about: str, seen: str) -> Finding:
    return Finding(about, "good", seen)


def doubtful(about: str, seen: str, todo: str) -> Finding:
    return Finding(about, "doubtful", seen, todo)


def bad(about: str, seen: str, todo: str) -> Finding:
    return Finding(about, "bad", seen, todo)


def looked(about: str, look: Look, settings: Settings) -> Finding:
    """The finding of one look. One that fails is a finding too: the others get their turn."""
    try:
        return look(settings)
    except (LikenessError, OSError) as error:
        return bad(about, f"could not be looked at: {error}", "Do as the sentence says.")
