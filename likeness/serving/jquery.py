"""Fetch the page's one library, jQuery, into ui/vendor/ at a pinned version with a checked hash.

It comes out of the wheel that the Python package index carries, because pip is there already. No
code of the package is run. The standard library alone: this runs before anything else is known to
work.
"""

from __future__ import annotations

import hashlib
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

from server.locations import shipped

WHEEL = "XStatic-jQuery==3.7.1.1"
MEMBER = "xstatic/pkg/jquery/data/jquery.min.js"
SHA256 = "fc9a93dd241f6b045cbff0481cf4e1901becd0e12fb45166a8f17f95823f0b1a"
TARGET = shipped("ui") / "vendor" / "jquery-3.7.1.min.js"


class WrongFile(Exception):
    """The file is not, byte for byte, the one that was reviewed."""


def check(data: bytes) -> bytes:
    """The same bytes, if they are the pinned ones. Raises WrongFile with both hashes."""
    found = hashlib.sha256(data).hexdigest()
    if found != SHA256:
        raise WrongFile(f"jQuery has sha256 {found}, expected {SHA256}; it was not installed")
    return data


def from_wheel(wheel: Path) -> bytes:
    """jquery.min.js out of the wheel. Raises WrongFile."""
    with zipfile.ZipFile(wheel) as archive:
        return check(archive.read(MEMBER))


def download(folder: Path) -> Path:
    """The wheel, fetched by pip into the folder. Raises subprocess.CalledProcessError."""
    command = [
        sys.executable,
        "-m",
        "pip",
        "download",
        "--quiet",
        "--disable-pip-version-check",
        "--no-input",
    ]
    subprocess.run(
        [*command, "--no-deps", "--only-binary", ":all:", "--dest", str(folder), WHEEL], check=True
    )
    return next(folder.glob("*.whl"))


def installed(target: Path = TARGET) -> bool:
    """Whether the pinned file lies at its place."""
    return target.is_file() and hashlib.sha256(target.read_bytes()).hexdigest() == SHA256


def install(target: Path = TARGET) -> None:
    """Fetch, check, write aside, rename."""
    with tempfile.TemporaryDirectory() as folder:
        data = from_wheel(download(Path(folder)))
    target.parent.mkdir(parents=True, exist_ok=True)
    aside = target.with_suffix(".part")
    aside.write_bytes(data)
    aside.replace(target)


def bring() -> int:
    """Fetch it where it is missing; 1, after a sentence, where that cannot be done."""
    if installed():
        return 0
    print(f"Fetching jQuery ({WHEEL}) into ui/vendor/ ...", flush=True)
    try:
        install()
    except (
        WrongFile,
        subprocess.CalledProcessError,
        StopIteration,
        KeyError,
        zipfile.BadZipFile,
        OSError,
    ) as error:
        print(
            f"jQuery could not be fetched: {error}. The page needs it; the API works without.",
            file=sys.stderr,
        )
        return 1
    return 0
