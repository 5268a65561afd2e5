"""The wheel is the program: built, installed into an empty environment, asked and trained."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
import venv
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

import pytest

from likeness import __version__
from tests.support.paths import ROOT

PARTS = [
    "likeness",
    "data_cleaning",
    "model",
    "server",
    "ui",
    "nginx",
    "artifacts",
    "setup.py",
    "pyproject.toml",
]
TEXTS = ["README.md", "LICENSE", "THIRD_PARTY.md", "requirements.txt", "requirements-postgres.txt"]

pytestmark = pytest.mark.slow


def run(*command: str | Path, **options: object) -> str:
    """What it prints; skips the test, with its complaint, where the package index is away."""
    done = subprocess.run(
        [str(word) for word in command], capture_output=True, text=True, timeout=1500, **options
    )  # type: ignore[call-overload]
    if done.returncode and "No matching distribution" in done.stderr:
        pytest.skip(f"packages cannot be installed here: {done.stderr[-300:]}")
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-4000:]
    return str(done.stdout)


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Built from a copy, so that what an earlier build left behind cannot slip in."""
    if int(version("setuptools").partition(".")[0]) < 77:
        pytest.skip("setuptools is older than pyproject.toml asks: make setup-dev")
    source, out = tmp_path_factory.mktemp("source"), tmp_path_factory.mktemp("wheel")
    for name in PARTS + TEXTS:
        path = ROOT / name
        if path.is_dir():
            shutil.copytree(path, source / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(path, source / name)
    flags = ["--no-deps", "--no-build-isolation", "--disable-pip-version-check"]
    run(sys.executable, "-m", "pip", "wheel", *flags, "--wheel-dir", out, source)
    (built,) = out.glob("*.whl")
    assert built.name == f"likeness-{__version__}-py3-none-any.whl"
    return built


def test_it_holds_all_that_is_no_code(wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    for folder in ("ui", "nginx", "artifacts"):
        here = {path for path in (ROOT / folder).rglob("*") if path.is_file()}
        own = [p.relative_to(ROOT).as_posix() for p in here]
        tracked = run("git", "ls-files", folder, cwd=ROOT).split()
        assert {f"likeness/{name}" for name in own if name in tracked} <= names
    for folder in ("data_cleaning", "model", "server"):
        tracked = run("git", "ls-files", folder, cwd=ROOT).split()
        assert set(tracked) <= names, "migrations, templates and stylesheets too"
    licences = {name.rpartition("/")[2] for name in names if "/licenses/" in name}
    assert licences == {"LICENSE", "THIRD_PARTY.md"}
    assert not [name for name in names if "vendor" in name or "__pycache__" in name]


@dataclass(frozen=True)
class Installed:
    """A virtual environment with nothing but the wheel and what it asks for, and a home."""

    prefix: Path
    home: Path

    @property
    def environment(self) -> Mapping[str, str]:
        kept = {k: v for k, v in os.environ.items() if not k.startswith(("LIKENESS_", "XDG_"))}
        kept.pop("PYTHONPATH", None)
        # The pretrained files of this machine, where there are any: fetched once is enough.
        weights = os.environ.get("LIKENESS_WEIGHTS", Path("~/.cache/likeness/weights").expanduser())
        own = {"HOME": str(self.home), "LIKENESS_WEIGHTS": str(weights), "LIKENESS_WORKERS": "1"}
        return kept | own

    def likeness(self, *words: str | Path) -> str:
        command = self.prefix / "bin" / "likeness"
        return run(command, *words, cwd=self.home, env=self.environment)


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Installed:
    prefix = tmp_path_factory.mktemp("venv")
    venv.create(prefix, with_pip=True)
    flags = ["--disable-pip-version-check", "--no-input", "--progress-bar", "off", "--quiet"]
    run(prefix / "bin" / "python", "-m", "pip", "install", *flags, wheel)
    return Installed(prefix, tmp_path_factory.mktemp("home"))


def test_it_trains(installed: Installed, drawn_shapes: Path) -> None:
    words = ["--name", "shapes", "--recipe", "object-classic", "--classifiers", "svm", "--json"]
    facts = json.loads(installed.likeness("train", drawn_shapes, *words))
    assert facts["crossval"]["accuracy"] > 0.8
    assert Path(facts["path"]) == installed.home / ".local/share/likeness/artifacts/shapes/1"
    rows = json.loads(installed.likeness("models", "list", "--json"))
    assert {row["name"] for row in rows} == {
        "shapes",
        "celebrities",
        "celebrities-modern",
        "riders",
    }


@pytest.fixture
def served(installed: Installed) -> Iterator[str]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    log = installed.home / "serve.log"
    with (
        log.open("wb") as out,
        subprocess.Popen(
            [installed.prefix / "bin" / "likeness", "serve", "--port", str(port)],
            cwd=installed.home,
            env=installed.environment,
            stdout=out,
            stderr=subprocess.STDOUT,
        ) as process,
    ):
        try:
            until = time.monotonic() + 400
            while "\nReady: " not in log.read_text():
                assert process.poll() is None and time.monotonic() < until, log.read_text()
                time.sleep(0.5)
            yield f"http://127.0.0.1:{port}"
        finally:
            process.send_signal(signal.SIGINT)
            assert process.wait(60) == 0, log.read_text()


def test_it_serves_the_page_and_answers_a_picture(served: str, astronaut: bytes) -> None:
    with urllib.request.urlopen(f"{served}/", timeout=60) as page:
        assert b"<title>Likeness</title>" in page.read()
    with urllib.request.urlopen(f"{served}/vendor/jquery-3.7.1.min.js", timeout=60) as script:
        assert b"jQuery" in script.read()[:200]
    with urllib.request.urlopen(f"{served}/api/docs", timeout=60) as docs:
        assert docs.status == 200
    request = urllib.request.Request(f"{served}/api/predict", data=astronaut)
    request.add_header("Content-Type", "image/png")
    with urllib.request.urlopen(request, timeout=120) as answer:
        answered = json.load(answer)
    assert (answered["picture"]["width"], answered["picture"]["height"]) == (512, 512)
    assert len(answered["regions"]) == 1
