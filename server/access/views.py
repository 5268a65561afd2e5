"""For the person who runs the service: keys, the page's session, which version answers."""

from __future__ import annotations

import secrets
import time
from typing import Any

from flask import Response, jsonify, session
from flask_openapi3 import APIBlueprint, Tag

from server.access.schemas import KeyBody, KeyList, KeyRow, LoginBody, NewKey, SessionInfo
from server.errors import Conflict, NeedsKey
from server.recognition.views import detail
from server.service import current
from server.training.jobs import OPEN
from server.web.api_docs.openapi import needs
from server.web.schemas import Discarded, IdPath, ModelDetail, ModelPath, VersionBody, VersionPath

admin = APIBlueprint("admin", __name__, abp_security=needs("admin"))
entry = APIBlueprint("entry", __name__)
KEYS = Tag(name="keys", description="Who may do what.")
VERSIONS = Tag(name="versions", description="Which version answers.")


@admin.post("/api/keys", tags=[KEYS], responses={201: NewKey})
def create_key(body: KeyBody) -> tuple[dict[str, Any], int]:
    """Make a key; it is shown this once."""
    expires = int((time.time() + body.days * 24 * 3600) * 1000) if body.days else None
    key, row = current().keys.create(body.name, body.role, expires)
    return {**row, "key": key}, 201


@admin.get("/api/keys", tags=[KEYS], responses={200: KeyList})
def list_keys() -> dict[str, Any]:
    """Every key there was, without its secret."""
    return {"keys": current().keys.all()}


@admin.delete("/api/keys/<id>", tags=[KEYS], responses={200: KeyRow})
def revoke_key(path: IdPath) -> dict[str, Any]:
    """End a key now."""
    return current().keys.revoke(path.id)


@entry.post("/api/session", tags=[KEYS], responses={200: SessionInfo})
def log_in(body: LoginBody) -> Response:
    """Show a key once and go on with a cookie: for the page."""
    key = current().keys.check(body.key)
    if key is None:
        raise NeedsKey("The key is not valid: it is unknown, revoked or expired.")
    session.clear()
    session.permanent = True
    session["key"], session["csrf"] = key.id, secrets.token_urlsafe(24)
    return jsonify({"role": key.role, "via": "session", "name": key.name, "csrf": session["csrf"]})


@entry.get("/api/session", tags=[KEYS], responses={200: SessionInfo})
def show_session() -> dict[str, Any]:
    """What the caller may do: role none, predict, train or admin."""
    who = current().access.whoever()
    return {
        "role": who.role,
        "via": who.via,
        "name": who.by,
        "csrf": session.get("csrf") if who.via == "session" else None,
    }


@entry.delete("/api/session", tags=[KEYS], responses={200: SessionInfo})
def log_out() -> dict[str, Any]:
    """Forget the cookie."""
    session.clear()
    return {"role": "none", "via": "nothing", "name": "anonymous", "csrf": None}


@admin.post("/api/models/<name>/reload", tags=[VERSIONS], responses={200: ModelDetail})
def reload_model(path: ModelPath) -> dict[str, Any]:
    """Load the active version again, in every process. A broken one is refused and the old one
    goes on.
    """
    current().models.reload(path.name)
    return detail(path.name)


@admin.post("/model/reload", tags=[VERSIONS], responses={200: ModelDetail})
def reload_default() -> dict[str, Any]:
    """The same for the default model."""
    name = current().models.default()
    current().models.reload(name)
    return detail(name)


@admin.delete("/api/models/<name>", tags=[VERSIONS], responses={200: Discarded})
def discard_model(path: ModelPath) -> dict[str, Any]:
    """Delete a model with all its versions and reports; its data set stays. What is trained now
    ends first.
    """
    service = current()
    if path.name not in service.models.names():
        service.models.get(path.name)
    if path.name == service.settings.model:
        raise Conflict(
            f"LIKENESS_MODEL says that {path.name} answers by default. Change that first, and"
            " restart."
        )
    for job in service.jobs.all():
        if job["state"] in OPEN and job["arguments"].get("model") == path.name:
            raise Conflict(f"A training of {path.name} waits or runs. Stop it first.")
    return {"name": path.name, "versions": service.models.discard(path.name)}


@admin.delete("/api/models/<name>/versions/<version>", tags=[VERSIONS], responses={200: Discarded})
def discard_version(path: VersionPath) -> dict[str, Any]:
    """Delete one version of a model, but not the one that answers."""
    models = current().models
    if (
        models.get(path.name).version == path.version
        or models.registry.active(path.name) == path.version
    ):
        raise Conflict(
            f"Version {path.version} of {path.name} is the one that answers; promote another one"
            " first."
        )
    models.registry.remove(path.name, path.version)
    return {"name": path.name, "versions": [path.version]}


@admin.post("/api/models/<name>/promote", tags=[VERSIONS], responses={200: ModelDetail})
def promote(path: ModelPath, body: VersionBody) -> dict[str, Any]:
    """Answer with another version from now on. One that cannot be loaded is refused."""
    models = current().models
    models.get(path.name)
    models.labels(path.name, body.version)
    models.registry.promote(path.name, body.version)
    models.reload(path.name)
    return detail(path.name)


@admin.post("/api/models/<name>/rollback", tags=[VERSIONS], responses={200: ModelDetail})
def roll_back(path: ModelPath) -> dict[str, Any]:
    """Answer with the version before."""
    models = current().models
    models.get(path.name)
    active = models.registry.active(path.name)
    earlier = [version for version in models.registry.versions(path.name) if version < active]
    if not earlier:
        raise Conflict(
            f"The model {path.name} answers with version {active}; there is none before it to go"
            " back to."
        )
    models.labels(
        path.name, earlier[-1]
    )  # one that cannot be loaded is refused before the pointer moves
    models.registry.rollback(path.name)
    models.reload(path.name)
    return detail(path.name)
