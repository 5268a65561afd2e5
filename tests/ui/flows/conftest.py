"""One real service for all flows: nginx before gunicorn, a camera with a film, and visitors whose
browser complains of nothing.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from data_cleaning.errors import WeightsMissing
from data_cleaning.imaging.encoding import encode
from data_cleaning.pretrained import locate
from likeness.serving.run import find_nginx
from tests.support.browsing import CHROMIUM, CHROMIUM_ARGUMENTS, free_port
from tests.support.fake_camera import film
from tests.support.paths import ROOT
from tests.ui.asking import DESKTOP
from tests.ui.teach.faces import person

PEOPLE = {"anna": 1, "ben": 2, "carla": 3, "david": 4, "emma": 5}  # by their number in ORL
EACH = 5  # pictures of each that are learned; the others are asked about
STRANGER = 20
STRICT = "default-src 'self'"
# Clicks of a hand, and fields that somebody typed into, however many pages they go through.
COUNT = """
const add = (key, value) => {
    const seen = JSON.parse(sessionStorage.getItem(key) ?? "[]");
    if (!seen.includes(value)) sessionStorage.setItem(key, JSON.stringify([...seen, value]));
};
addEventListener("click", (event) => {
    const when = performance.timeOrigin + event.timeStamp;
    if (event.isTrusted && event.detail) add("clicks", when);
}, true);
addEventListener("input", (event) => {
    if (event.target.matches("input[type=text], input[type=password], textarea"))
        add("typed", event.target.id || event.target.ariaLabel);
}, true);
"""


@dataclass(frozen=True)
class Service:
    """url: of nginx. claim: the link to the first admin key, which the first start prints.
    artifacts: the folder of its models.
    """

    url: str
    claim: str
    artifacts: Path


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory, jquery: None) -> Iterator[Service]:
    """`make run`'s program with a state, data sets and models of its own: no model yet."""
    if find_nginx() is None:
        pytest.skip("nginx is not installed: apt-get install nginx-light")
    for name in ("yunet", "sface"):
        try:
            locate(name)
        except WeightsMissing as missing:
            pytest.skip(str(missing))
    folder, port = tmp_path_factory.mktemp("flows"), free_port()
    settings = {
        "LIKENESS_STATE": str(folder / "var"),
        "LIKENESS_DATASETS": str(folder / "datasets"),
        "LIKENESS_ARTIFACTS": str(folder / "artifacts"),
        "LIKENESS_KEEP_PICTURES_DAYS": "7",
        "LIKENESS_LOCAL_ROLE": "none",
        "LIKENESS_WORKERS": "1",
        "LIKENESS_TRAIN_NICE": "0",  # here somebody waits for the training
    }
    with subprocess.Popen(
        [sys.executable, "deploy/checkout/run.py", "--port", str(port)],
        cwd=ROOT,
        env=os.environ | settings,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as process:
        try:
            yield Service(f"http://localhost:{port}", _claim(process), folder / "artifacts")
        finally:
            process.terminate()  # it stops gunicorn and nginx, which a kill would leave behind
            process.wait(60)


def _claim(process: subprocess.Popen[str]) -> str:
    """The link, once all runs."""
    assert process.stdout is not None
    output = ""
    for line in process.stdout:
        output += line
        if line.startswith(("Ready:", "Running:")):
            break
    link = re.search(r"http://\S+/#claim=\S+", output)
    assert link, output
    return link[0]


@pytest.fixture(scope="module")
def family(tmp_path_factory: pytest.TempPathFactory, orl_faces: Path) -> Path:
    """A folder with a folder for each of the five."""
    root = tmp_path_factory.mktemp("pictures") / "family"
    for name, number in PEOPLE.items():
        (root / name).mkdir(parents=True)
        for picture in range(1, EACH + 1):
            data = encode(person(orl_faces, number, picture), ".jpg")
            (root / name / f"{picture}.jpg").write_bytes(data)
    return root


@pytest.fixture(scope="module")
def filmed(
    browser: Any, tmp_path_factory: pytest.TempPathFactory, orl_faces: Path
) -> Iterator[Any]:
    """A browser whose camera sees Anna for two seconds and a stranger for two, and so on."""
    seen = [person(orl_faces, PEOPLE["anna"], 9), person(orl_faces, STRANGER, 1)]
    camera = film(tmp_path_factory.mktemp("film") / "film.y4m", seen, each=6)
    launched = browser.browser_type.launch(
        executable_path=CHROMIUM, args=[*CHROMIUM_ARGUMENTS, *camera]
    )
    yield launched
    launched.close()


@contextmanager
def visiting(browser: Any, **options: Any) -> Iterator[Any]:
    """A visitor's page. Fails where its console says anything, or a document comes without the
    strict policy.
    """
    context = browser.new_context(**{"viewport": DESKTOP, **options})
    context.add_init_script(COUNT)
    complaints: list[str] = []
    context.on("weberror", lambda error: complaints.append(str(error.error)))
    context.on(
        "console",
        lambda message: complaints.append(message.text) if _is_complaint(message) else None,
    )
    context.on("response", lambda answer: complaints.extend(_lax(answer)))
    yield context.new_page()
    context.close()
    assert complaints == []


def _is_complaint(message: Any) -> bool:
    """Not a stream of a job that a busy machine cut off: the page follows it again by itself."""
    cut_off = "net::ERR_" in message.text and message.location["url"].endswith("/events")
    return message.type in ("error", "warning") and not cut_off


def _lax(answer: Any) -> list[str]:
    """What is wrong with the policy of a document that came."""
    if answer.request.resource_type != "document":
        return []
    policy = answer.headers.get("content-security-policy", "")
    if STRICT in policy and "unsafe" not in policy:
        return []
    return [f"{answer.url} has the policy {policy!r}"]
