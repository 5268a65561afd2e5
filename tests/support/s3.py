"""An S3 of this machine: moto's server, in a process of its own; a bucket of its own for each test.

Nothing here is a test.
"""

from __future__ import annotations

import secrets
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.support.browsing import wait_for_port
from tests.support.ports import free_port

LIBRARIES = ("s3fs", "moto", "flask_cors")


@dataclass(frozen=True)
class S3:
    """environment: what finds it. files: its bucket, by fsspec."""

    environment: dict[str, str]
    files: Any
    bucket: str

    def names(self, under: str = "") -> list[str]:
        """Every file of the bucket, or below a folder of it."""
        place = f"{self.bucket}/{under}".rstrip("/")
        return [name.removeprefix(f"{self.bucket}/") for name in self.files.find(place)]


@contextmanager
def running_s3() -> Iterator[dict[str, str]]:
    """The environment of a server with nothing in it, until the end of the block."""
    port = free_port()
    command = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)]
    server = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        wait_for_port(port)
        yield {
            "AWS_ENDPOINT_URL": f"http://127.0.0.1:{port}",
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_DEFAULT_REGION": "us-east-1",
        }
    finally:
        server.terminate()
        server.wait(20)


@pytest.fixture(scope="session")
def s3_server() -> Iterator[dict[str, str]]:
    for library in LIBRARIES:
        pytest.importorskip(library)
    with running_s3() as environment:
        yield environment


@pytest.fixture
def s3(s3_server: dict[str, str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> S3:
    """A bucket with nothing in it."""
    import fsspec

    for name, value in s3_server.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    files = fsspec.filesystem("s3", use_listings_cache=False)
    bucket = f"bucket-{secrets.token_hex(4)}"
    files.mkdir(bucket)
    return S3(s3_server, files, bucket)
