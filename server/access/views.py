"""For the person who runs the service: keys, and the page's session."""

from __future__ import annotations

import secrets
import time

from flask import Response, jsonify, session
from flask_openapi3.blueprint import APIBlueprint
from flask_openapi3.models.tag import Tag

from data_cleaning.json_types import JsonObject
from server.access.authorisation import BOUND, access
from server.access.schemas import (
    ClaimBody,
    KeyBody,
    KeyList,
    KeyRow,
    LoginBody,
    LogoutQuery,
    NewKey,
    SessionInfo,
)
from server.context import caller
from server.errors import NeedsKey
from server.web.api_docs.openapi import needs
from server.web.schemas import IdPath

admin = APIBlueprint("admin", __name__, abp_security=needs("admin"))
entry = APIBlueprint("entry", __name__)
KEYS = Tag(name="keys", description="Who may do what.")


@admin.post("/api/keys", tags=[KEYS], responses={201: NewKey})
def create_key(body: KeyBody) -> tuple[JsonObject, int]:
    """Make a key; it is shown this once."""
    expires = int((time.time() + body.days * 24 * 3600) * 1000) if body.days else None
    text, key = access().keys.create(body.name, body.role, expires, body.model)
    return {**key.shown(), "key": text}, 201


@admin.get("/api/keys", tags=[KEYS], responses={200: KeyList})
def list_keys() -> JsonObject:
    """Every key there was, without its secret."""
    return {"keys": [key.shown() for key in access().keys.all()]}


@admin.delete("/api/keys/<id>", tags=[KEYS], responses={200: KeyRow})
def revoke_key(path: IdPath) -> JsonObject:
    """End a key now."""
    return access().keys.revoke(path.id).shown()


@admin.post("/api/keys/<id>/rotate", tags=[KEYS], responses={201: NewKey})
def rotate_key(path: IdPath) -> tuple[JsonObject, int]:
    """A new key of the same name, role and end; the old one ends now. It is shown this once."""
    text, key = access().keys.rotate(path.id)
    return {**key.shown(), "key": text}, 201


@entry.post("/api/claim", tags=[KEYS], responses={201: NewKey})
def claim_key(body: ClaimBody) -> tuple[JsonObject, int]:
    """The first admin key, for the link that the first start prints: once, within an hour."""
    text, key = access().claims.take(body.claim)
    return {**key.shown(), "key": text}, 201


@entry.post("/api/session", tags=[KEYS], responses={200: SessionInfo})
def log_in(body: LoginBody) -> Response:
    """Show a key once and go on with a cookie: for the page."""
    key = access().keys.check(body.key)
    if key is None:
        raise NeedsKey("The key is not valid: it is unknown, revoked or expired.")
    if key.model is not None:
        raise NeedsKey(BOUND.format(model=key.model))
    _end_session()
    session.permanent = True
    session["token"], session["csrf"] = access().sessions.begin(key.id), secrets.token_urlsafe(24)
    return jsonify({"role": key.role, "via": "session", "name": key.name, "csrf": session["csrf"]})


@entry.get("/api/session", tags=[KEYS], responses={200: SessionInfo})
def show_session() -> JsonObject:
    """What the caller may do: role none, predict, train or admin."""
    who = access().whoever()
    return {
        "role": who.role,
        "via": who.via,
        "name": who.by,
        "csrf": session.get("csrf") if who.via == "session" else None,
    }


@entry.get("/api/access", tags=[KEYS], security=needs("predict"), responses={200: SessionInfo})
def show_access() -> JsonObject:
    """Whether the caller may ask for predictions: for a proxy, before it takes a large body."""
    who = caller()
    return {"role": who.role, "via": who.via, "name": who.by, "csrf": None}


@entry.delete("/api/session", tags=[KEYS], responses={200: SessionInfo})
def log_out(query: LogoutQuery) -> JsonObject:
    """End this session at once; with `everywhere` all sessions of its key."""
    who = access().whoever()
    if query.everywhere and who.via == "session" and who.key:
        access().sessions.end_all(who.key)
    _end_session()
    return {"role": "none", "via": "nothing", "name": "anonymous", "csrf": None}


def _end_session() -> None:
    """Of the cookie that came, if one did: its row goes, and the cookie."""
    if session.get("token"):
        access().sessions.end(str(session["token"]))
    session.clear()
