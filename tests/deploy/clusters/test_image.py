"""The image, built by buildah from a Debian base and run: trained in by its own commands, asked.

`buildah run --isolation chroot` shares this machine's network.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from data_cleaning.pretrained import PRETRAINED, weights_dir
from tests.deploy.ubuntu.machine import copy_source, debian, missing
from tests.support.paths import ROOT
from tests.support.ports import free_port

pytestmark = pytest.mark.slow
MOST_MB = 700
# As images called slim leave it out.
FAT = ("wheels", "var/cache/apt/*.bin", "var/lib/apt/lists/*", "usr/share/doc", "usr/share/locale")
FAT += ("usr/share/man", "usr/lib/x86_64-linux-gnu/gconv", "usr/bin/age", "usr/bin/age-keygen")
MODERN = tuple(PRETRAINED[name].filename for name in ("yunet", "sface"))
Once = Callable[[str, Callable[[Path], object]], Path]


class Buildah:
    """One storage of images, in a folder."""

    def __init__(self, folder: Path) -> None:
        places = ["--root", str(folder / "storage"), "--runroot", str(folder / "run")]
        self.command = ["buildah", *places, "--storage-driver", "vfs"]

    def __call__(self, *words: str | Path, timeout: float = 900) -> str:
        done = subprocess.run(
            [*self.command, *map(str, words)], capture_output=True, text=True, timeout=timeout
        )
        assert done.returncode == 0, f"{words}: {done.stdout[-3000:]}\n{done.stderr[-3000:]}"
        return done.stdout.strip()

    def run(self, container: str, *words: str) -> list[str]:
        return [
            *self.command,
            "run",
            "--isolation",
            "chroot",
            *words[:-1],
            container,
            "sh",
            "-c",
            words[-1],
        ]


@pytest.fixture(scope="module")
def root(once: Once) -> Path:
    """A Debian with Python, and wheels beside it."""
    if why := missing():
        pytest.skip(why)
    if shutil.which("buildah") is None:
        pytest.skip("buildah is not installed: apt-get install buildah")
    kept = os.environ.get("LIKENESS_TEST_DEBIAN")
    return (Path(kept) if kept and Path(kept).is_dir() else once("debian", debian)) / "root"


@pytest.fixture(scope="module")
def buildah(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Buildah]:
    """With the image `likeness` built, the way the documentation says."""
    folder = tmp_path_factory.mktemp("buildah")
    tool = Buildah(folder)
    _base(tool, root, folder)
    copy_source(folder / "checkout")
    shutil.copy(ROOT / ".dockerignore", folder / "checkout")
    (folder / "checkout" / "weights").mkdir()
    for name in MODERN:
        if (weights_dir() / name).is_file():
            shutil.copy(weights_dir() / name, folder / "checkout" / "weights")
    (folder / "pip.conf").write_text("[global]\nno-index = true\nfind-links = /wheels\n")
    volumes = [f"{root}/wheels:/wheels:ro", f"{folder}/pip.conf:/etc/pip.conf:ro"]
    given = [part for volume in volumes for part in ("--volume", volume)]
    options = (
        "--format",
        "docker",
        "--isolation",
        "chroot",
        "--network",
        "host",
        "--pull=never",
        "--target",
        "app",
    )
    source = (
        "--build-arg",
        "PYTHON_IMAGE=localhost/debian-base",
        "-f",
        "deploy/Dockerfile",
        "-t",
        "likeness",
    )
    subprocess.run(
        [*tool.command, "bud", *options, *given, *source, "."],
        cwd=folder / "checkout",
        check=True,
        timeout=1500,
        stdout=subprocess.DEVNULL,
    )
    yield tool
    shutil.rmtree(folder, ignore_errors=True)


def _base(tool: Buildah, root: Path, folder: Path) -> None:
    without = [f"--exclude=./{name}" for name in FAT]
    subprocess.run(["tar", "-C", root, *without, "-cf", folder / "base.tar", "."], check=True)
    container = tool("from", "scratch")
    tool("add", "-q", container, folder / "base.tar", "/")
    tool("commit", "-q", container, "localhost/debian-base")
    tool("rm", container)
    (folder / "base.tar").unlink()


@pytest.fixture(scope="module")
def container(buildah: Buildah) -> str:
    return buildah("from", "--pull=never", "localhost/likeness")


@pytest.fixture(scope="module")
def data(buildah: Buildah, container: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The volume /data, as an engine fills an empty one: with what the image has there."""
    folder = tmp_path_factory.mktemp("volume") / "data"
    mounted = Path(buildah("mount", container))
    subprocess.run(["cp", "-a", mounted / "data", folder], check=True)
    return folder


@contextlib.contextmanager
def running(command: list[str], port: int, path: str = "/readyz") -> Iterator[str]:
    """What a container serves, once it is ready. At the end nobody listens there any more."""
    process = subprocess.Popen(command, start_new_session=True)
    base, until = f"http://127.0.0.1:{port}", time.monotonic() + 300
    try:
        while True:
            with contextlib.suppress(OSError), urllib.request.urlopen(base + path, timeout=5):
                break
            assert process.poll() is None and time.monotonic() < until
            time.sleep(0.2)
        yield base
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, 15)
        process.wait(60)
        _wait_until_closed(port)


def _wait_until_closed(port: int) -> None:
    """buildah ends before the server that it ran, which would answer who asks too early."""
    until = time.monotonic() + 60
    while time.monotonic() < until:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=5).close()
        except ConnectionRefusedError:
            return
        time.sleep(0.1)
    pytest.fail(f"a server still listens on port {port}, a minute after its container was ended")


def asked(url: str, picture: Path | None = None, key: str = "") -> dict[str, Any]:
    data = picture.read_bytes() if picture else None
    headers = {"Content-Type": "image/png"} | ({"Authorization": f"Bearer {key}"} if key else {})
    request = urllib.request.Request(url, data, headers)
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            return dict(json.load(answer))
    except urllib.error.HTTPError as error:
        raise AssertionError(f"{url}: {error.code} {error.read()[:500]!r}") from error


def test_it_is_small_enough(buildah: Buildah) -> None:
    images = json.loads(buildah("images", "--json", "localhost/likeness"))
    number, unit = images[0]["size"].split()
    assert unit == "MB" and float(number) <= MOST_MB


def test_its_user_can_write_nowhere_else(buildah: Buildah, container: str, data: Path) -> None:
    """So a read-only root takes nothing from it."""
    places = "-path /proc -o -path /sys -o -path /dev -o -path /tmp -o -path /data -o -path /run"
    script = (
        f"id -u; find / \\( {places} -o -path /var/tmp \\) -prune -o ! -type l -writable -print"
    )
    command = buildah.run(container, "--user", "likeness", f"--volume={data}:/data", script)
    found = subprocess.run(command, capture_output=True, text=True, timeout=300).stdout.split()
    assert found[0] == "10001"
    assert [path for path in found[1:] if not path.startswith(("/run/", "/var/lock"))] == []


@pytest.fixture(scope="module")
def ml(
    buildah: Buildah, container: str, drawn_shapes: Path, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """SageMaker's /opt/ml after the image's own `train` has run in it."""
    folder = tmp_path_factory.mktemp("ml")
    shutil.copytree(drawn_shapes, folder / "input" / "data" / "train")
    (folder / "input" / "config").mkdir()
    values = {"name": "shapes", "recipe": "object-classic", "classifiers": "logistic_regression"}
    (folder / "input" / "config" / "hyperparameters.json").write_text(json.dumps(values))
    command = buildah.run(container, "--user", "root", f"--volume={folder}:/opt/ml", "train")
    subprocess.run(command, check=True)
    assert not (folder / "output" / "failure").exists()
    return folder


def test_sagemaker_serves_what_it_has_trained(
    buildah: Buildah, container: str, ml: Path, drawn_shapes: Path
) -> None:
    """8080 is the port of the contract; where it is taken here, the test cannot be held."""
    with contextlib.suppress(OSError), urllib.request.urlopen("http://127.0.0.1:8080", timeout=2):
        pytest.fail(
            "somebody listens on port 8080 of this machine, which SageMaker's contract names"
        )
    command = buildah.run(container, "--user", "root", f"--volume={ml}:/opt/ml", "serve")
    with running(command, 8080, "/ping") as base:
        answer = asked(f"{base}/invocations", drawn_shapes / "disc" / "3.png")
    assert (answer["label"], answer["model"]["name"]) == ("disc", "shapes")


def test_it_goes_on_after_a_restart_where_it_was(
    buildah: Buildah, container: str, ml: Path, drawn_shapes: Path
) -> None:
    """A picture in, a name out, as the image's own user; afterwards its volume knows of it."""
    fill = "cp -r /opt/ml/model/shapes /data/artifacts/ && chown -R likeness: /data/artifacts"
    subprocess.run(
        buildah.run(container, "--user", "root", f"--volume={ml}:/opt/ml", fill), check=True
    )
    picture, port = drawn_shapes / "disc" / "3.png", free_port()

    def inside(script: str) -> list[str]:
        return buildah.run(container, "--user", "likeness", f"cd /opt/likeness && {script}")

    create = inside("python3 -m likeness keys create box --role admin")
    key = subprocess.run(create, check=True, capture_output=True, text=True).stdout.strip()
    serve = inside(f"LIKENESS_BIND=127.0.0.1:{port} exec likeness-service")
    with running(serve, port) as base:
        answer = asked(f"{base}/api/predict?model=shapes", picture, key)
    assert answer["label"] == "disc"
    with running(serve, port) as base:
        logged = asked(f"{base}/api/predictions/{answer['prediction_id']}", key=key)
        again = asked(f"{base}/api/predict?model=shapes", picture, key)
    assert (logged["id"], logged["label"]) == (answer["prediction_id"], "disc")
    assert again["regions"] == answer["regions"]
