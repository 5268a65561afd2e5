"""Files and folders that outlive a kill or a power cut: written aside and renamed, waited for,
tidied up.

Nothing about pictures or models: all three stairs write with it.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
import secrets
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

PART, GONE = ".part-", ".gone-"


def write(path: Path, content: bytes | str, durable: bool = False) -> None:
    """Write a file aside, then rename it: whoever looks sees all of it or the old one, and a
    failure leaves nothing.

    path: its folder must exist. content: text is written as UTF-8. durable: wait for the disk
    before the renaming, so that a power cut leaves all of it or the old one too."""
    part = path.with_name(f".{path.name}.{secrets.token_hex(4)}.part")
    try:
        part.write_bytes(content.encode() if isinstance(content, str) else content)
        if durable:
            to_disk(part)
        part.replace(path)
    except BaseException:
        part.unlink(missing_ok=True)
        raise


@contextlib.contextmanager
def held(folder: Path) -> Iterator[None]:
    """The folder for one process at a time.

    The kernel gives it free with the process that holds it.
    """
    handle = _locked(folder)
    try:
        yield
    finally:
        os.close(handle)


@contextlib.contextmanager
def aside(parent: Path) -> Iterator[Path]:
    """A fresh folder to write in and then rename.

    It is removed when the block fails, and held until it ends.
    """
    with held(parent):
        folder = Path(tempfile.mkdtemp(prefix=PART, dir=parent))
        handle = _locked(folder)
    try:
        yield folder
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    finally:
        os.close(handle)


def write_pointer(path: Path, text: str) -> None:
    """Put a line into a file in one step, also for a power cut."""
    with held(path.parent):
        write(path, f"{text}\n", durable=True)


def remove(folder: Path) -> None:
    """Delete a folder: renamed first, so that nobody sees half of it."""
    with held(folder.parent):
        gone = folder.with_name(f"{GONE}{folder.name}")
        shutil.rmtree(gone, ignore_errors=True)  # a removal that was killed
        folder.rename(gone)
        shutil.rmtree(gone)


def tidy(parent: Path) -> int:
    """Remove what processes that were killed left half written or half deleted; how many pieces it
    were.
    """
    with held(parent):
        left = [path for path in parent.glob(f"{PART}*") if not _is_held(path)]
        left += [*parent.glob(f"{GONE}*"), *parent.glob(".*.part")]
        for path in left:
            shutil.rmtree(path) if path.is_dir() else path.unlink()
    return len(left)


def to_disk(*paths: Path) -> None:
    """Wait until the disk has what is written in these files, and the names in these folders."""
    for path in paths:
        handle = os.open(path, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def _locked(folder: Path) -> int:
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    with contextlib.suppress(
        OSError
    ):  # a disk over the network may know no locks: then two must not train at once
        fcntl.flock(handle, fcntl.LOCK_EX)
    return handle


def _is_held(folder: Path) -> bool:
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return True
    finally:
        os.close(handle)
    return False


def sha256_of_file(path: Path) -> str:
    """sha256 of a file's bytes: 64 lower-case hexadecimal digits. Raises OSError."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def sha256_of_bytes(data: bytes) -> str:
    """sha256 of bytes: 64 lower-case hexadecimal digits."""
    return hashlib.sha256(data).hexdigest()


def sha256_or_empty(path: Path) -> str:
    """sha256 of a file's bytes as `sha256_of_file` gives it; "" where the file cannot be read."""
    try:
        return sha256_of_file(path)
    except OSError:
        return ""
