"""Every kind of source. A new one is one function, and one line here."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from data_cleaning.collecting.entries import CollectOptions, Plan
from data_cleaning.collecting.sources.files import (
    ARCHIVES,
    address_list,
    archive,
    folder,
    single_file,
)
from data_cleaning.collecting.sources.frames import camera, is_camera, is_video, video
from data_cleaning.collecting.sources.label_studio import is_export, label_studio
from data_cleaning.collecting.sources.page import is_page, page
from data_cleaning.collecting.sources.search import is_search, search
from data_cleaning.collecting.sources.store import store
from data_cleaning.errors import DatasetError
from data_cleaning.objectstore.store import is_store


@dataclass(frozen=True)
class SourceKind:
    """One kind of source. accepts: is this one? plan: goes through it.

    `plan` raises DatasetError at once where the source cannot be used at all.
    """

    accepts: Callable[[str], bool]
    plan: Callable[[str, CollectOptions], Plan]


def _is_archive(source: str) -> bool:
    return Path(source).is_file() and source.lower().endswith(ARCHIVES)


def _is_list(source: str) -> bool:
    return Path(source).is_file() and source.lower().endswith(".txt")


KINDS = {
    "search": SourceKind(is_search, search),
    "camera": SourceKind(is_camera, camera),
    "page": SourceKind(is_page, page),
    "store": SourceKind(is_store, store),
    "folder": SourceKind(lambda source: Path(source).is_dir(), folder),
    "archive": SourceKind(_is_archive, archive),
    "video": SourceKind(is_video, video),
    "addresses": SourceKind(_is_list, address_list),
    "label studio": SourceKind(is_export, label_studio),
    "file": SourceKind(lambda source: Path(source).is_file(), single_file),
}
"""The first kind that accepts a source takes it."""


def open_source(source: str, options: CollectOptions) -> Plan:
    """The entries of a source. Raises DatasetError where it cannot be used at all."""
    for kind in KINDS.values():
        if kind.accepts(source):
            return kind.plan(source, options)
    scheme, is_address, _ = source.partition("://")
    if is_address:
        raise DatasetError(
            f"{source}: {scheme}:// cannot be asked here. Copy its pictures into a folder first,"
            " and name that folder."
        )
    raise DatasetError(
        f"{source} is no folder, archive, picture or list of addresses, and nothing that can be"
        " searched."
    )
