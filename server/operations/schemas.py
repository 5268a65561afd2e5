"""What goes out about the state of the service."""

from __future__ import annotations

from pydantic import Field

from server.web.schemas import Out


class Status(Out):
    status: str


class Ready(Out):
    status: str
    model: str
    version: int


class Health(Out):
    status: str = Field(
        description="ok, or degraded when there is a problem; answers go on as far as they can."
    )
    model: str | None
    version: int | None
    database: bool
    journal_bytes: int
    problems: list[str] = Field(description="A sentence each; none when all is well.")
