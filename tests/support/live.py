"""What the page's and nginx's tests share: a live server, a real browser, a real nginx."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from likeness.serving import jquery as get_jquery
from likeness.serving.nginx_site import Site, Standalone, write_standalone
from likeness.serving.run import find_nginx
from server.settings import Settings
from tests.support.browsing import CHROMIUM, CHROMIUM_ARGUMENTS, Live, free_port, wait_for_port
from tests.support.patches import Patches, Registry
from tests.support.paths import ROOT

Serve = Callable[..., str]


@pytest.fixture
def live(tmp_path: Path) -> Iterator[Callable[..., Live]]:
    """live(*bundles, **settings) -> a running server; without bundles, one model of coloured
    squares. registry: models that lie on a disk, instead.
    """
    running: list[Live] = []

    def start(*bundles: Patches, registry: Any = None, **settings: Any) -> Live:
        chosen = Settings(state=tmp_path / "var", datasets=tmp_path / "datasets", **settings)
        running.append(Live(chosen, registry or Registry(*(bundles or (Patches(),)))))
        return running[-1]

    yield start
    for server in running:
        with suppress(OSError):
            server.stop()


@pytest.fixture(scope="session")
def jquery() -> None:
    """The page's library must be there; `make setup` fetches it."""
    if not get_jquery.installed():
        pytest.skip("ui/vendor/ has no jQuery: run make setup")


@pytest.fixture(scope="session")
def browser(jquery: None) -> Iterator[Any]:
    if not Path(CHROMIUM).exists():
        pytest.skip(f"no browser at {CHROMIUM}: apt-get install chromium")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=CHROMIUM, args=CHROMIUM_ARGUMENTS)
        yield launched
        launched.close()


@pytest.fixture
def nginx(tmp_path: Path) -> Iterator[Serve]:
    """nginx(app="host:port", **site) -> the base URL of a real nginx in front of it."""
    program = find_nginx()
    if program is None:
        pytest.skip("nginx is not installed: apt-get install nginx-light")
    started: list[subprocess.Popen[bytes]] = []

    def start(app: str, **site: Any) -> str:
        port = free_port()
        state = tmp_path / f"nginx{len(started)}"
        chosen = Site(**({"ui": ROOT / "ui", "app": app, "listen": (f"127.0.0.1:{port}",)} | site))
        config = write_standalone(Standalone(state, chosen))
        command = [program, "-p", str(state), "-e", str(state / "error.log"), "-c", str(config)]
        subprocess.run([*command, "-t", "-q"], check=True)
        started.append(subprocess.Popen(command))
        wait_for_port(port)
        return f"http://127.0.0.1:{port}"

    yield start
    for process in started:
        process.terminate()
        process.wait(10)
