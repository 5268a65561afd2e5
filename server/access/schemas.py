"""What comes in and what goes out about keys and the session of the page."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from server.settings import KeyRole
from server.web.schemas import In, Out, Query, QueryBool
from server.web.validation_messages import MODEL_NAME


class KeyBody(In):
    name: str = Field(min_length=1, max_length=64, pattern=r"^[^\x00-\x1f\x7f]+$")
    role: KeyRole
    days: int | None = Field(
        None, ge=1, le=3650, description="Days until it expires; never if left out."
    )
    model: Annotated[str, Field(pattern=MODEL_NAME)] | None = Field(
        None,
        description="The key is a UUID that opens CompreFace's routes alone, about this model.",
    )


class KeyRow(Out):
    id: str
    name: str
    role: str
    created: int = Field(description="Milliseconds since 1970, UTC, as all times here.")
    expires: int | None
    revoked: int | None
    model: str | None = Field(description="Of a key for CompreFace's routes.")
    valid: bool


class NewKey(KeyRow):
    key: str = Field(description="Shown only now.")


class KeyList(Out):
    keys: list[KeyRow]


class LoginBody(In):
    key: str = Field(min_length=1, max_length=200)


class ClaimBody(In):
    claim: str = Field(min_length=1, max_length=200, description="What the link holds.")


class LogoutQuery(Query):
    everywhere: QueryBool = Field(False, description="End all sessions of the key.")


class SessionInfo(Out):
    role: str
    via: str
    name: str
    csrf: str | None = Field(description="Send it as X-CSRF-Token with whatever changes something.")
