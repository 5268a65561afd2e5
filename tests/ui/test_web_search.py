"""A search for pictures, begun on the screen Teach and followed to its end."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any

import pytest

from server.service import service_of
from server.training.job_runner import Runner
from tests.support.browsing import Live
from tests.support.providers import Providers
from tests.support.sites import running
from tests.ui.admin_page import Start, filled

pytestmark = pytest.mark.browser


@pytest.fixture
def providers() -> Iterator[Providers]:
    with running({}) as site:
        yield Providers(site, 9)


def begun(live: Start, providers: Providers, **settings: object) -> Live:
    """A server with an empty class, whose jobs a thread does."""
    server = live(
        local_role="admin",
        collect_interval=0.0,
        train_nice=0,
        collect_private=True,
        collect_providers=f"openverse={providers.base},commons={providers.base}",
        **settings,
    )
    service = service_of(server.app)
    service.jobs.start_runner = lambda: threading.Thread(
        target=Runner(service.jobs, service.settings).work
    ).start()
    filled(server, "friends", "empty")
    return server


def test_a_search_is_begun_followed_and_told(
    live: Start, anywhere: Any, providers: Providers
) -> None:
    page, server = anywhere, begun(live, providers, collect=True)
    page.goto(f"{server.url}/teach?dataset=friends")
    page.click("article[data-label=empty] button:has-text('Search the web')")
    dialog = page.locator("dialog[open]")
    assert dialog.locator("textarea").input_value() == "Empty"
    assert dialog.locator("text=show somebody").is_visible()
    dialog.locator("textarea").fill("Ada Lovelace\nCountess of Lovelace")
    dialog.locator("select").nth(0).select_option("openverse")
    dialog.locator("select").nth(2).select_option("public-domain")
    dialog.locator("button[type=submit]").click()
    card = page.locator("article[data-label=empty]")
    card.locator("text=9 pictures added").wait_for(timeout=90_000)
    assert card.locator("text=9 were there already").is_visible()
    card.locator(".thumbs img, .issue").first.wait_for()
    asked = [path for _, path in providers.site.asked if path.startswith("/v1/images")]
    assert "q=Ada+Lovelace" in asked[0] and "license=cc0%2Cpdm" in asked[0]


def test_where_it_is_not_allowed_nobody_is_offered_it(
    live: Start, page: Any, providers: Providers
) -> None:
    server = begun(live, providers, collect=False)
    page.goto(f"{server.url}/teach?dataset=friends")
    page.wait_for_selector("article[data-label=empty]")
    page.wait_for_load_state("networkidle")
    assert not page.locator("button:has-text('Search the web')").is_visible()
