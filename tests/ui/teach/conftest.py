"""A page whose console stays empty."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.ui.asking import DESKTOP, PHONE
from tests.ui.teach.faces import watched


@pytest.fixture
def desk(browser: Any) -> Iterator[Any]:
    context = browser.new_context(viewport=DESKTOP)
    yield from watched(context.new_page())
    context.close()


@pytest.fixture
def phone(browser: Any) -> Iterator[Any]:
    context = browser.new_context(viewport=PHONE, has_touch=True)
    yield from watched(context.new_page())
    context.close()
