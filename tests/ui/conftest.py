"""The page in windows of several sizes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.ui.asking import DESKTOP, PHONE, a_page


@pytest.fixture(params=[PHONE, DESKTOP], ids=["phone", "desktop"])
def anywhere(request: pytest.FixtureRequest, browser: Any) -> Iterator[Any]:
    yield from a_page(browser, request.param)


@pytest.fixture
def page(browser: Any) -> Iterator[Any]:
    yield from a_page(browser, DESKTOP)
