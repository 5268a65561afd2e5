"""Is the process alive, is it ready to answer: for load balancers, containers and people.

Open to all, says little.
"""

from __future__ import annotations

from flask_openapi3.blueprint import APIBlueprint
from flask_openapi3.models.tag import Tag

from data_cleaning.errors import LikenessError
from data_cleaning.json_types import JsonObject
from server.context import current
from server.errors import NotReady, StoreDown
from server.operations.schemas import Health, Ready, Status

health = APIBlueprint("health", __name__)
HEALTH = Tag(name="health", description="Is it up?")


@health.get("/healthz", tags=[HEALTH], responses={200: Status})
def alive() -> dict[str, str]:
    """The process lives."""
    return {"status": "ok"}


@health.get("/readyz", tags=[HEALTH], responses={200: Ready})
def ready() -> JsonObject:
    """The default model is loaded, its golden answer was given again, and no thread hangs."""
    try:
        bundle = current().models.get()
    except LikenessError as error:
        raise NotReady(str(error)) from error
    if stuck := current().pool.stuck:
        raise NotReady(f"{stuck} threads are stuck at a picture; the process is being replaced.")
    return {"status": "ok", "model": bundle.name, "version": bundle.version}


@health.get("/health", tags=[HEALTH], responses={200: Health})
def condition() -> JsonObject:
    """How it is: answers go on while the database is away, and wait for it in the journal."""
    service = current()
    try:
        bundle = service.models.get()
    except LikenessError:
        bundle = None
    try:
        service.store.ping()
        database = True
    except StoreDown:
        database = False
    return {
        "status": "ok" if database and bundle else "degraded",
        "model": bundle.name if bundle else None,
        "version": bundle.version if bundle else None,
        "database": database,
        "journal_bytes": service.journal.waiting(),
    }
