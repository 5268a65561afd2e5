"""`make pin-images`: digests of tags from a registry of this machine, and builds with them."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import os
import re
import shutil
import stat
import subprocess
import tarfile
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.paths import ROOT
from tests.support.ports import free_port

yaml: Any = pytest.importorskip("yaml", reason="PyYAML is not installed: make setup-dev")
PIN = ROOT / "deploy" / "containers" / "pin.sh"
OF_COMPOSE = ("POSTGRES_IMAGE", "PROMETHEUS_IMAGE", "GRAFANA_IMAGE")
NAMES = ("PYTHON_IMAGE", "NGINX_IMAGE", *OF_COMPOSE)
USUAL = ("sh", "sed", "cut", "paste", "grep", "cat", "cp", "mv", "rm", "mktemp", "dirname")
OCI = "application/vnd.oci.image"
BUILD = "ARG PYTHON_IMAGE\nFROM ${PYTHON_IMAGE}\nCOPY Containerfile /new\n"


class Layout:
    """A folder in OCI's layout, with an image for two platforms."""

    def __init__(self, folder: Path, word: str) -> None:
        self.folder = folder
        (folder / "blobs" / "sha256").mkdir(parents=True, exist_ok=True)
        (folder / "oci-layout").write_text('{"imageLayoutVersion": "1.0.0"}')
        images = [self.image(word, machine) for machine in ("amd64", "arm64")]
        listed = self.index(images, f"{OCI}.index.v1+json")
        named = listed | {"annotations": {"org.opencontainers.image.ref.name": "1"}}
        (folder / "index.json").write_text(json.dumps({"schemaVersion": 2, "manifests": [named]}))

    def blob(self, data: bytes, kind: str) -> dict[str, Any]:
        digest = hashlib.sha256(data).hexdigest()
        (self.folder / "blobs" / "sha256" / digest).write_bytes(data)
        return {"mediaType": kind, "digest": f"sha256:{digest}", "size": len(data)}

    def index(self, entries: list[dict[str, Any]], kind: str) -> dict[str, Any]:
        whole = {"schemaVersion": 2, "mediaType": kind, "manifests": entries}
        return self.blob(json.dumps(whole).encode(), kind)

    def image(self, word: str, machine: str) -> dict[str, Any]:
        packed = io.BytesIO()
        with tarfile.open(fileobj=packed, mode="w") as archive:
            entry = tarfile.TarInfo("word")
            entry.size = len(word)
            archive.addfile(entry, io.BytesIO(word.encode()))
        plain = packed.getvalue()
        platform = {"architecture": machine, "os": "linux"}
        ids = [f"sha256:{hashlib.sha256(plain).hexdigest()}"]
        config = platform | {"config": {}, "rootfs": {"type": "layers", "diff_ids": ids}}
        manifest = {
            "schemaVersion": 2,
            "mediaType": f"{OCI}.manifest.v1+json",
            "config": self.blob(json.dumps(config).encode(), f"{OCI}.config.v1+json"),
            "layers": [self.blob(gzip.compress(plain, mtime=0), f"{OCI}.layer.v1.tar+gzip")],
        }
        described = self.blob(json.dumps(manifest).encode(), f"{OCI}.manifest.v1+json")
        return described | {"platform": platform}


class Registry:
    """A registry that listens on this machine, and a home whose tools speak plain http to it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.place = f"127.0.0.1:{free_port()}"
        self.home = folder / "home"
        settings = self.home / ".config" / "containers"
        settings.mkdir(parents=True)
        (settings / "registries.conf").write_text(
            f'[[registry]]\nlocation = "{self.place}"\ninsecure = true\n'
        )
        config = {
            "version": 0.1,
            "log": {"level": "error", "accesslog": {"disabled": True}},
            "storage": {"filesystem": {"rootdirectory": str(folder / "stored")}},
            "http": {"addr": self.place},
        }
        (folder / "registry.json").write_text(json.dumps(config))  # JSON is YAML too
        self.process = subprocess.Popen(
            ["docker-registry", "serve", folder / "registry.json"], stderr=subprocess.DEVNULL
        )
        until = time.monotonic() + 20
        while not self.answers():
            assert self.process.poll() is None and time.monotonic() < until
            time.sleep(0.05)

    def answers(self) -> bool:
        try:
            return urllib.request.urlopen(f"http://{self.place}/v2/", timeout=5).status == 200
        except OSError:
            return False

    def image(self, name: str) -> str:
        return f"{self.place}/{name.lower()}:1"

    def push(self, name: str, word: str) -> str:
        """Make the tag of an image mean another one; its digest, as the registry says it."""
        layout = Layout(self.folder / f"{name}-{word}", word)
        to = f"docker://{self.image(name)}"
        command = ["skopeo", "copy", "-q", "--all", f"oci:{layout.folder}:1", to]
        subprocess.run(command, env=self.environment(), check=True, timeout=60)
        request = urllib.request.Request(
            f"http://{self.place}/v2/{name.lower()}/manifests/1",
            method="HEAD",
            headers={"Accept": f"{OCI}.index.v1+json"},
        )
        return str(urllib.request.urlopen(request, timeout=5).headers["Docker-Content-Digest"])

    def environment(self) -> dict[str, str]:
        return os.environ | {"HOME": str(self.home), "XDG_CONFIG_HOME": str(self.home / ".config")}

    def pin(self, file: Path, **other: str) -> subprocess.CompletedProcess[str]:
        images = {name: self.image(name) for name in NAMES}
        environment = self.environment() | images | {"ENV_FILE": str(file)} | other
        return subprocess.run([PIN], env=environment, capture_output=True, text=True, timeout=60)


@pytest.fixture(scope="module")
def registry(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Registry]:
    for tool in ("docker-registry", "skopeo"):
        if shutil.which(tool) is None:
            pytest.skip(f"{tool} is not installed: apt-get install {tool}")
    registry = Registry(tmp_path_factory.mktemp("registry"))
    for name in NAMES:
        registry.push(name, "old")
    yield registry
    registry.process.terminate()
    registry.process.wait()


def test_the_file_has_the_digest_of_every_tag(registry: Registry, tmp_path: Path) -> None:
    file = tmp_path / "env"
    file.write_text("APP_MEMORY=3g\nNGINX_IMAGE=nginx:old\n")
    file.chmod(0o600)
    digest = registry.push("PYTHON_IMAGE", "old")
    done = registry.pin(file)
    assert done.returncode == 0, done.stderr
    first, *pins = file.read_text().splitlines()
    assert first == "APP_MEMORY=3g"
    assert [pin.partition("=")[0] for pin in pins] == list(NAMES)
    assert f"PYTHON_IMAGE={registry.image('PYTHON_IMAGE')}@{digest}" in pins
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert list(tmp_path.iterdir()) == [file]


def test_what_has_a_digest_keeps_it(registry: Registry, tmp_path: Path) -> None:
    given = f"somewhere/python@sha256:{'a' * 64}"
    done = registry.pin(tmp_path / "env", PYTHON_IMAGE=given)
    assert f"PYTHON_IMAGE={given}\n" in done.stdout


def test_a_tag_that_nobody_has_changes_nothing(registry: Registry, tmp_path: Path) -> None:
    file = tmp_path / "env"
    file.write_text("NGINX_IMAGE=nginx:old\n")
    done = registry.pin(file, GRAFANA_IMAGE=f"{registry.place}/grafana:none")
    assert done.returncode == 1
    assert "nobody tells the digest of GRAFANA_IMAGE" in done.stderr
    assert file.read_text() == "NGINX_IMAGE=nginx:old\n"
    assert list(tmp_path.iterdir()) == [file]


def test_a_build_with_the_digest_stays_where_the_tag_moves(
    registry: Registry, tmp_path: Path
) -> None:
    if shutil.which("buildah") is None:
        pytest.skip("buildah is not installed: apt-get install buildah")
    if os.geteuid() != 0:
        pytest.skip("buildah needs root here")
    registry.push("PYTHON_IMAGE", "old")
    assert registry.pin(tmp_path / "env").returncode == 0
    registry.push("PYTHON_IMAGE", "new")
    environment = registry.environment() | {"ENV_FILE": str(tmp_path / "env")}
    pinned = subprocess.run([PIN, "--args"], env=environment, capture_output=True, text=True)
    by_tag = ["--build-arg", f"PYTHON_IMAGE={registry.image('PYTHON_IMAGE')}"]
    words = [
        built(tmp_path / str(number), arguments, environment)
        for number, arguments in enumerate([pinned.stdout.split(), by_tag])
    ]
    assert words == ["old", "new"]


def built(folder: Path, arguments: list[str], environment: dict[str, str]) -> str:
    """What the file `word` says in an image that buildah builds on a base with these arguments."""
    folder.mkdir()
    (folder / "Containerfile").write_text(BUILD)
    places = ["--root", folder / "storage", "--runroot", folder / "run"]
    buildah = ["buildah", *map(str, places), "--storage-driver", "vfs"]

    def ask(*command: str) -> str:
        done = subprocess.run(
            [*buildah, *command], cwd=folder, env=environment, capture_output=True, text=True
        )
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    ask("bud", "-q", "--isolation", "chroot", *arguments, "-t", "tried", ".")
    container = ask("from", "--pull-never", "localhost/tried")
    return (Path(ask("mount", container)) / "word").read_text()


def test_docker_is_asked_where_there_is_no_skopeo(tmp_path: Path) -> None:
    digest = f"sha256:{'b' * 64}"
    docker = tmp_path / "bin" / "docker"
    done = pin_with(docker, f'echo "$@" >>"{tmp_path}/noted"; echo {digest}')
    assert done.returncode == 0, done.stderr
    assert re.search(rf"^NGINX_IMAGE=nginx:[\w.-]+@{digest}$", done.stdout, re.MULTILINE)
    asked = (tmp_path / "noted").read_text()
    assert re.search(
        r"^buildx imagetools inspect --format \{\{\.Manifest\.Digest\}\} python:", asked, re.M
    )
    told_nothing = pin_with(docker, "echo sha256:none")
    assert told_nothing.returncode == 1
    assert "no digest: sha256:none" in told_nothing.stderr


def pin_with(docker: Path, script: str) -> subprocess.CompletedProcess[str]:
    """Where nothing is installed but the usual tools, and a `docker` that does this."""
    docker.parent.mkdir(exist_ok=True)
    for tool in USUAL:
        if not (docker.parent / tool).exists():
            (docker.parent / tool).symlink_to(str(shutil.which(tool)))
    if script:
        docker.write_text(f"#!/bin/sh\n{script}\n")
        docker.chmod(0o755)
    environment = {"PATH": str(docker.parent), "ENV_FILE": str(docker.parent.parent / "env")}
    return subprocess.run([PIN], env=environment, capture_output=True, text=True, timeout=60)


def test_without_a_tool_it_says_which(tmp_path: Path) -> None:
    done = pin_with(tmp_path / "bin" / "docker", "")
    assert (done.returncode, done.stderr) == (
        1,
        "pin: needs skopeo, or docker with buildx: apt-get install skopeo\n",
    )
    assert not (tmp_path / "env").exists()


def test_every_image_that_is_named_can_be_pinned() -> None:
    compose = yaml.safe_load((ROOT / "deploy" / "compose.yaml").read_text())["services"]
    images = [service["image"] for service in compose.values() if "image" in service]
    named = [re.fullmatch(r"\$\{(\w+_IMAGE):-[^@}]+\}", image) for image in images]
    assert tuple(match[1] for match in named if match) == OF_COMPOSE
    dockerfile = (ROOT / "deploy" / "Dockerfile").read_text()
    bases = re.findall(r"^FROM (?!\w+ )\$\{(\w+)\}", dockerfile, re.MULTILINE)
    assert set(bases) == {"PYTHON_IMAGE", "NGINX_IMAGE"}
    assert len(re.findall(r"^FROM ", dockerfile, re.MULTILINE)) == len(bases)
    for service in ("app", "front"):
        arguments = compose[service]["build"]["args"]
        for name in set(bases):
            default = re.search(rf"^ARG {name}=(\S+)$", dockerfile, re.MULTILINE)
            assert default and arguments[name] == f"${{{name}:-{default[1]}}}"


def test_the_file_is_read_by_compose_and_goes_nowhere_else() -> None:
    """Compose reads the file .env beside its own."""
    assert "file=${ENV_FILE:-deploy/.env}" in PIN.read_text()
    for ignored in (".gitignore", ".dockerignore"):
        assert "deploy/.env" in (ROOT / ignored).read_text().splitlines()
