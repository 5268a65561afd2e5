"""The page: files of the ui folder, and the headers that keep a browser safe.

No data comes from here.
"""

from __future__ import annotations

from pathlib import Path

from flask import Blueprint, Response, current_app, request, send_from_directory
from flask.sansio.blueprints import BlueprintSetupState
from werkzeug.exceptions import MethodNotAllowed
from werkzeug.routing import PathConverter

from server.context import current
from server.errors import NotFound

pages = Blueprint("pages", __name__)
POLICY = (
    "default-src 'self'; img-src 'self' data: blob:; style-src 'self'; object-src 'none'; "
    "base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
# A report is one self-contained file: its own styles and pictures, nothing from anywhere else, and
# no script. Only because it can run none it keeps our origin: else the browser would not send the
# cookie along where a link to a picture is followed.
REPORT_POLICY = (
    "default-src 'none'; img-src data:; style-src 'unsafe-inline'; base-uri 'none';"
    " form-action 'none'; frame-ancestors 'none';"
    " sandbox allow-same-origin allow-popups allow-popups-to-escape-sandbox"
)


@pages.get("/")
def index() -> Response:
    return serve("index.html")


class FilePath(PathConverter):
    """Any path but the API's, whose own routes say what is wrong with an address or a method."""

    regex = r"(?!api/)[^/].*?"


@pages.record_once
def add_converter(state: BlueprintSetupState) -> None:
    state.app.url_map.converters["file"] = FilePath


@pages.get("/<file:name>")
def serve(name: str) -> Response:
    """A file of the ui folder; nothing hidden. A screen has no ending: /teach is teach.html."""
    folder = current().settings.ui.resolve()
    hidden = "\0" in name or any(part.startswith(".") for part in name.split("/"))
    if not hidden and (folder / f"{name}.html").is_file():
        name = f"{name}.html"
    if hidden or not (folder / name).is_file():
        _only_other_methods()
        if not hidden and "text/html" in request.accept_mimetypes.values():
            return _nothing_here(folder)
        raise NotFound(f"There is nothing at /{name[:80]}.")
    return send_from_directory(folder, name, max_age=300 if "." in name else 0)


def _nothing_here(folder: Path) -> Response:
    """A page for somebody who looks, where a program gets a problem."""
    text = (folder / "nothing-here.html").read_bytes()
    return Response(text, 404, mimetype="text/html")


def _only_other_methods() -> None:
    """Raises MethodNotAllowed where a route exists for another method: this catch-all hides that
    from Flask.
    """
    adapter = current_app.create_url_adapter(request)
    others = set(adapter.allowed_methods() if adapter else ()) - {"GET", "HEAD", "OPTIONS"}
    if others:
        raise MethodNotAllowed(sorted(others))


@pages.after_app_request
def harden(response: Response) -> Response:
    """Headers for every answer: no sniffing, no framing, no foreign scripts."""
    report = response.mimetype == "text/html" and request.path.startswith("/api/models/")
    headers = response.headers
    headers.setdefault("Content-Security-Policy", REPORT_POLICY if report else POLICY)
    headers.setdefault("X-Content-Type-Options", "nosniff")
    headers.setdefault("Referrer-Policy", "no-referrer")
    headers.setdefault("Cross-Origin-Resource-Policy", "same-origin")
    if request.path.startswith("/api/") and not request.path.endswith("/report"):
        headers.setdefault("Cache-Control", "no-store")
    return response
