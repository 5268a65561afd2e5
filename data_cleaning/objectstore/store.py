"""One place in an object store: its files listed, read, written and removed.

The libraries behind it are optional and are imported when a store is opened.
"""

from __future__ import annotations

import contextlib
import importlib.util
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from data_cleaning.errors import StoreFailed

if TYPE_CHECKING:
    from fsspec import AbstractFileSystem

# scheme: (the library that speaks it, the extra of likeness that brings it)
SCHEMES = {
    "s3": ("s3fs", "s3"),
    "gs": ("gcsfs", "gs"),
    "az": ("adlfs", "az"),
    "abfs": ("adlfs", "az"),
}
MOST_FILES = 200_000
_VERSIONS = ("ETag", "etag", "md5Hash", "content_md5", "LastModified", "last_modified", "mtime")


def is_store(text: str) -> bool:
    """Whether an address names a place in an object store."""
    scheme, is_address, _ = text.partition("://")
    return bool(is_address) and scheme.lower() in SCHEMES


@dataclass(frozen=True)
class StoredFile:
    """size: bytes. version: changes whenever the content does."""

    size: int
    version: str


class ObjectStore:
    """What lies at and below an address, as s3://bucket/people. Raises StoreFailed, whatever is
    wrong with the store.
    """

    def __init__(self, url: str) -> None:
        scheme = url.partition("://")[0].lower()
        library, extra = SCHEMES[scheme]
        if importlib.util.find_spec(library) is None:
            raise StoreFailed(
                f"{scheme}:// needs the library {library}: pip install 'likeness[{extra}]'."
            )
        if not urlsplit(url).netloc:
            raise StoreFailed(f"{url} names no bucket; write {scheme}://BUCKET/FOLDER.")
        self.url = url.rstrip("/")
        with self._asked():
            import fsspec

            self._fs: AbstractFileSystem = fsspec.filesystem(scheme, use_listings_cache=False)
            self._root = str(self._fs._strip_protocol(self.url)).rstrip("/")

    def files(self) -> dict[str, StoredFile]:
        """{path below the address: file}, hidden ones left out. Empty where nothing is there.

        A name that would leave a folder, were it one of a file on disk, is passed over.
        """
        with self._asked():
            found = self._fs.find(self._root, detail=True)
        if len(found) > MOST_FILES:
            raise StoreFailed(f"{self.url} has {len(found):,} files; at most {MOST_FILES:,} go.")
        listed = {}
        for path, about in found.items():
            inside = str(path)[len(self._root) + 1 :]
            if str(path).startswith(f"{self._root}/") and is_plain(inside):
                version = next((str(about[name]) for name in _VERSIONS if about.get(name)), "")
                listed[inside] = StoredFile(int(about["size"]), version)
        return listed

    def read(self, inside: str, most: int) -> bytes:
        """The first `most` bytes of a file, or all of it."""
        with self._asked():
            content: bytes = self._fs.cat_file(self._path(inside), start=0, end=most)
            return content

    def download(self, inside: str, path: Path) -> None:
        """All of a file, into one on disk; it is seen there when it is whole."""
        part = path.with_name(f".{path.name}.part")
        try:
            with self._asked():
                self._fs.get_file(self._path(inside), str(part))
            part.replace(path)
        finally:
            part.unlink(missing_ok=True)

    def upload(self, path: Path, inside: str) -> None:
        """All of a file on disk, in one step: others see the old one or the new one."""
        with self._asked():
            self._fs.put_file(str(path), self._path(inside))

    def claim(self, inside: str, owner: str) -> bool:
        """Write a small file, unless somebody else has; whether it is the owner's."""
        with self._asked():
            try:
                self._fs.pipe_file(self._path(inside), owner.encode(), mode="create")
            except FileExistsError:
                return bool(self._fs.cat_file(self._path(inside)) == owner.encode())
        return True

    def remove(self, inside: str) -> None:
        """A file, for good; nothing where it is gone already."""
        with self._asked(), contextlib.suppress(FileNotFoundError):
            self._fs.rm_file(self._path(inside))

    def _path(self, inside: str) -> str:
        return f"{self._root}/{inside}" if inside else self._root

    @contextlib.contextmanager
    def _asked(self) -> Iterator[None]:
        """Each library fails in its own way; the person is told one thing."""
        try:
            yield
        except StoreFailed:
            raise
        except Exception as error:
            reason = (str(error) or type(error).__name__).splitlines()[0][:200]
            raise StoreFailed(f"{self.url} cannot be used: {reason}") from error


def is_plain(inside: str) -> bool:
    """Whether a name in a store may be one of a file below a folder, and is not hidden."""
    parts = inside.split("/")
    return not any(
        part in ("", ".", "..") or part.startswith(".") or "\\" in part or "\0" in part
        for part in parts
    )
