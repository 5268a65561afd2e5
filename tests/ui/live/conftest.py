"""A browser whose camera shows a film of ours."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from data_cleaning.imaging.decoding import decode
from tests.support.browsing import CHROMIUM, CHROMIUM_ARGUMENTS, picture
from tests.support.fake_camera import film

FILM = [{"ada_lovelace": (40, 60, 80, 100)}, {"stranger": (250, 120, 80, 80)}]
NO_DEVICES = ["--host-resolver-rules=MAP plain.test 127.0.0.1"]


@pytest.fixture(scope="session")
def filmed(browser: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """Ada for two seconds, a stranger for two, and so on."""
    path = tmp_path_factory.mktemp("film") / "film.y4m"
    camera = film(path, [decode(picture(squares)) for squares in FILM], each=6)
    yield from _launched(browser, camera)


@pytest.fixture(scope="session")
def without_camera(browser: Any) -> Iterator[Any]:
    yield from _launched(browser, NO_DEVICES)


def _launched(browser: Any, arguments: list[str]) -> Iterator[Any]:
    launched = browser.browser_type.launch(
        executable_path=CHROMIUM, args=[*CHROMIUM_ARGUMENTS, *arguments]
    )
    yield launched
    launched.close()
