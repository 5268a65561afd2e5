"""Is the process alive, is it ready to answer: for load balancers, containers and people.

Open to all, says little.
"""

from __future__ import annotations

from flask_openapi3.blueprint import APIBlueprint
from flask_openapi3.models.tag import Tag

from data_cleaning.errors import LikenessError
from data_cleaning.json_types import JsonObject
from model.recognition.protocols import RecognitionModel
from server.context import current
from server.errors import NotReady, StoreDamaged, StoreDown
from server.operations import disk
from server.operations.model_store import ModelStore
from server.operations.schemas import Health, Ready, Status
from server.protocols import Models
from server.storage.database import Store

health = APIBlueprint("health", __name__)
# Open to all: no path, and no more than whoever watches the service has to know.
AWAY = "The database cannot be reached. Answers go on and wait for it in the journal."
DAMAGED = "The database is damaged. Answers go on; the log says how to restore it."
NO_SPACE = "Nothing can be stored: the disk is full or read-only. Answers go on, unlogged."
NO_MODEL = "No model can answer; /readyz says why."
REFUSED = "The active version of {name} cannot be loaded. The one before goes on, if there was one."
NO_STORE = "The object store of the models cannot be used; the log says why. Answers go on."
NO_WEIGHTS = "A pretrained file of {name} is gone or damaged; /readyz says which."
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
        bundle.check_weights()
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
    found = [*database_problems(service.store), *model_problems(service.models, bundle)]
    if ModelStore(service.settings).problem():
        found.append(NO_STORE)
    if not disk.can_store(service.settings.state):
        found.append(NO_SPACE)
    return {
        "status": "degraded" if found else "ok",
        "model": bundle.name if bundle else None,
        "version": bundle.version if bundle else None,
        "database": not {AWAY, DAMAGED} & set(found),
        "journal_bytes": service.journal.waiting(),
        "problems": found,
    }


def database_problems(store: Store) -> list[str]:
    """Away or damaged, also where a request before has come upon the damage."""
    try:
        store.ping()
    except StoreDamaged:
        return [DAMAGED]
    except StoreDown:
        return [AWAY]
    return [DAMAGED] if store.damaged else []


def model_problems(models: Models, bundle: RecognitionModel | None) -> list[str]:
    """Of the default model, and of those whose new version was refused."""
    found = [REFUSED.format(name=name) for name in models.refused()]
    if bundle is None:
        return [NO_MODEL, *found]
    try:
        bundle.check_weights()
    except LikenessError:
        found.append(NO_WEIGHTS.format(name=bundle.name))
    return found
