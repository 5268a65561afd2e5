"""The link to the first admin key, opened in a browser."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from server.service import service_of
from tests.support.browsing import Live

pytestmark = pytest.mark.browser


def test_the_link_shows_the_key_and_signs_in(browser: Any, live: Callable[..., Live]) -> None:
    site = live(local_role="none")
    token = service_of(site.app).access.claims.offer()
    page = browser.new_page()
    page.goto(f"{site.url}/#claim={token}")
    page.click("#claim")
    page.wait_for_function("() => document.querySelector('#claimed-key').textContent.length > 20")
    assert "claim=" not in page.url
    key = service_of(site.app).keys.check(page.inner_text("#claimed-key"))
    assert key is not None
    assert key.role == "admin"
    page.click("#close-claim")
    page.wait_for_selector("#sign-out:visible")
    page.goto(f"{site.url}/#claim={token}")
    page.reload()
    page.click("#claim")
    page.wait_for_selector("#claim-note:has-text('used')")
    page.close()
