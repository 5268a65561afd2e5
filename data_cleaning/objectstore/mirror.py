"""A folder and a place in an object store, kept in step: what changed at one side is done at the
other.

What both had after the last time stands in a hidden file of the folder; so what is missing at one
side is known to be new at the other, or deleted here. Files named `manifest.json` say that a folder
is whole and go last, and after them those named `active`, which point at one.
"""

from __future__ import annotations

import fcntl
import json
import secrets
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from data_cleaning.errors import StoreFailed
from data_cleaning.files import write
from data_cleaning.objectstore.store import ObjectStore, StoredFile, is_plain

STATE, LOCK = ".mirror.json", ".mirror.lock"
CLAIM = ".claim"  # in a folder with a manifest: who is writing it
MANIFEST, POINTER = "manifest.json", "active"
MOST_BYTES = 200 * 1024**3
Local = tuple[int, int]  # size, and time of the last change in nanoseconds
Known = tuple[str, int, int]  # version in the store, and the same of the file here


@dataclass
class Synced:
    """Names of the files that were brought, sent, and removed at either side."""

    brought: list[str] = field(default_factory=list)
    sent: list[str] = field(default_factory=list)
    removed: list[str] = field(default_factory=list)


class Mirror:
    """url: of the store. folder: here; made where it is not there."""

    def __init__(self, url: str, folder: Path) -> None:
        self.url, self.folder = url, folder

    def sync(self) -> Synced:
        """Once, whatever there is to do. Raises StoreFailed; what was done by then stays done."""
        self.folder.mkdir(parents=True, exist_ok=True)
        with (self.folder / LOCK).open("a") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            return _Sync(ObjectStore(self.url), self.folder).run()


class _Sync:
    def __init__(self, store: ObjectStore, folder: Path) -> None:
        self.store, self.folder = store, folder
        self.owner, self.known = _read_state(folder / STATE)
        self.there, self.here = store.files(), dict(_files(folder))
        self.done, self._lost = Synced(), set[str]()

    def run(self) -> Synced:
        self._check()
        names = sorted({*self.there, *self.here}, key=_rank)
        try:
            for name in names:
                self._bring_or_send(name)
            for name in sorted({*self.there, *self.here}, key=_rank, reverse=True):
                self._remove(name)
        finally:
            self._write_state()
        if self._lost:
            raise StoreFailed(
                f"{', '.join(sorted(self._lost))} at {self.store.url} was written by somebody else"
                " at the same time, and theirs stays. Train again."
            )
        return self.done

    def _check(self) -> None:
        """A side that is suddenly empty was taken away, and not deleted file by file."""
        for side, files in (("", self.here), (self.store.url, self.there)):
            if self.known and not files:
                place = side or str(self.folder)
                raise StoreFailed(
                    f"{place} is empty and was not before. Nothing was changed. If that is right,"
                    f" delete {self.folder} and start again."
                )
        if sum(file.size for file in self.there.values()) > MOST_BYTES:
            raise StoreFailed(f"{self.store.url} has over {MOST_BYTES:,} bytes: that is too much.")

    def _bring_or_send(self, name: str) -> None:
        there, here, known = self.there.get(name), self.here.get(name), self.known.get(name)
        changed_there = there is not None and (known is None or there.version != known[0])
        changed_here = here is not None and (known is None or here != known[1:])
        if there is not None and here is not None and changed_there and changed_here:
            self._merge(name, there)
        elif there is not None and changed_there:
            self._bring(name, there)
        elif here is not None and changed_here:
            self._send(name)

    def _merge(self, name: str, there: StoredFile) -> None:
        """Changed at both sides: lines of a log are joined; of the rest the store's counts."""
        path = self.folder / name
        own = path.read_bytes() if name.endswith(".jsonl") else b""
        self._bring(name, there)
        if own:
            theirs = path.read_bytes()
            lines = set(theirs.split(b"\n"))
            more = [line for line in own.split(b"\n") if line not in lines]
            if more:
                write(path, theirs.rstrip(b"\n") + b"\n" * bool(theirs) + b"\n".join(more) + b"\n")
                self.here[name] = _stamp(path)
                self._send(name)

    def _bring(self, name: str, there: StoredFile) -> None:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        self.store.download(name, path)
        self.here[name] = _stamp(path)
        self.known[name] = (there.version, *self.here[name])
        self.done.brought.append(name)

    def _send(self, name: str) -> None:
        if not self._may_send(name):
            return
        stamp = self.here[name]
        self.store.upload(self.folder / name, name)
        # What was sent is only known by listing again: a store gives its files their versions.
        self.known[name] = ("", *stamp)
        self.done.sent.append(name)

    def _may_send(self, name: str) -> bool:
        """A folder with a manifest is written by one alone: two trainings may take one number."""
        folder = Path(name).parent
        if self._lost and name.endswith(f"/{POINTER}"):
            return False
        if f"{folder}/{MANIFEST}" not in self.here or f"{folder}/{MANIFEST}" in self.known:
            return str(folder) not in self._lost
        if str(folder) not in self._lost and not self.store.claim(f"{folder}/{CLAIM}", self.owner):
            self._lost.add(str(folder))
            for lost in [each for each in self.here if Path(each).parent == folder]:
                (self.folder / lost).unlink(missing_ok=True)
                del self.here[lost]
        return str(folder) not in self._lost

    def _remove(self, name: str) -> None:
        """What one side has and the other had: it was deleted there."""
        there, here, known = self.there.get(name), self.here.get(name), self.known.get(name)
        if known is None or (there is not None) == (here is not None):
            return
        if name in self.done.sent or name in self.done.brought:
            return
        if here is not None:
            path = self.folder / name
            path.unlink(missing_ok=True)
            _remove_empty(path.parent, self.folder)
        else:
            self.store.remove(name)
            if name.endswith(f"/{MANIFEST}"):
                self.store.remove(f"{Path(name).parent}/{CLAIM}")
        del self.known[name]
        self.done.removed.append(name)

    def _write_state(self) -> None:
        """What both sides have now. Of what was sent the store says the version."""
        there = self.store.files() if self.done.sent else self.there
        for name in self.done.sent:
            if name not in there:  # a listing that is late must not look like a deletion
                self.known.pop(name, None)
            elif name in self.known and self._is_ours(name):
                self.known[name] = (there[name].version, *self.known[name][1:])
        write(self.folder / STATE, json.dumps({"owner": self.owner, "files": self.known}))

    def _is_ours(self, name: str) -> bool:
        """Whether a pointer that was sent still says what it says here: it may have been turned
        again meanwhile.
        """
        if not name.endswith(f"/{POINTER}"):
            return True
        return self.store.read(name, 1000) == (self.folder / name).read_bytes()


def _rank(name: str) -> tuple[int, str]:
    """Where a file comes in the order of bringing and sending; removing goes the other way."""
    last = name.rpartition("/")[2]
    return ((MANIFEST, POINTER).index(last) + 1 if last in (MANIFEST, POINTER) else 0, name)


def _files(folder: Path) -> Iterator[tuple[str, Local]]:
    for path in folder.rglob("*"):
        name = path.relative_to(folder).as_posix()
        if is_plain(name) and path.is_file() and not path.is_symlink():
            yield name, _stamp(path)


def _stamp(path: Path) -> Local:
    about = path.stat()
    return about.st_size, about.st_mtime_ns


def _remove_empty(folder: Path, root: Path) -> None:
    while folder != root and not any(folder.iterdir()):
        folder.rmdir()
        folder = folder.parent


def _read_state(path: Path) -> tuple[str, dict[str, Known]]:
    try:
        state = json.loads(path.read_text())
        files = {name: (str(v), int(s), int(t)) for name, (v, s, t) in state["files"].items()}
        return str(state["owner"]), files
    except (FileNotFoundError, ValueError, KeyError, TypeError):
        return secrets.token_hex(16), {}
