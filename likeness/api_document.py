"""`python -m server api`: docs/api.md, made from the routes."""

from __future__ import annotations

import click

from likeness.endings import ServiceCommand
from server.app import add_routes
from server.settings import Settings, load
from server.web.api_docs.markdown_page import api_markdown
from server.web.api_docs.openapi import Application


@click.command(cls=ServiceCommand)
def api() -> None:
    """The page of the documentation about the API."""
    load()
    app = Application()
    add_routes(app, Settings())
    print(api_markdown(app.api_doc), end="")
