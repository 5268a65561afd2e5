"""What a view may ask for: the parts of the running service, and who is asking. Builds nothing.

The parts are protocols, so that a subject can use another one without importing it. Their classes
are known to server/service.py alone, which puts them together.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol, cast

from flask import Flask, current_app, g

from data_cleaning.imaging.limits import Limits
from server.protocols import (
    Housekeeper,
    JobQueue,
    KeptPictures,
    Metrics,
    Models,
    Places,
    Pool,
    Servers,
)
from server.settings import ROLES, Settings
from server.storage.database import Store
from server.storage.journal import Journal

EXTENSION = "likeness"


@dataclass(frozen=True)
class Caller:
    """role: what they may do. by: a short name for the log. via: key, session, local, open or
    nothing. session: the id of the page's session. model: of a key for other systems' routes.
    """

    role: str
    via: str
    address: str | None
    key: str | None = None
    by: str = "anonymous"
    session: str | None = None
    model: str | None = None

    def may(self, role: str) -> bool:
        """Whether they may do what asks for a role."""
        return ROLES.index(self.role) >= ROLES.index(role)


class Door(Protocol):
    """Who may come in, and whether they still may."""

    def holds(self, caller: Caller) -> bool: ...


class Context(Protocol):
    """The running service, as a view sees it."""

    @property
    def settings(self) -> Settings: ...
    @property
    def access(self) -> Door: ...
    @property
    def limits(self) -> Limits: ...
    @property
    def store(self) -> Store: ...
    @property
    def membership(self) -> Servers: ...
    @property
    def journal(self) -> Journal: ...
    @property
    def models(self) -> Models: ...
    @property
    def pool(self) -> Pool: ...
    @property
    def jobs(self) -> JobQueue: ...
    @property
    def kept(self) -> KeptPictures: ...
    @property
    def keeper(self) -> Housekeeper: ...
    @property
    def metrics(self) -> Metrics: ...
    @property
    def streams(self) -> Places: ...


def current() -> Context:
    """The service of the request under way."""
    return context_of(current_app)


def context_of(app: Flask) -> Context:
    """The service of an application."""
    return cast(Context, app.extensions[EXTENSION])


def caller() -> Caller:
    """Who sent the request under way."""
    return cast(Caller, g.caller)
