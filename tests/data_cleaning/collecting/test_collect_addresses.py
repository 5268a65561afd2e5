"""Collecting from addresses: what is said of one that fails, and addresses in any language."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from data_cleaning.collecting.collect import CollectedEntry, collect
from data_cleaning.collecting.entries import CollectOptions
from data_cleaning.imaging.limits import Limits
from tests.support.pictures import scene
from tests.support.sites import Page, Site, drip, page, running


@pytest.fixture
def site() -> Iterator[Site]:
    from data_cleaning.imaging.encoding import encode

    pages: dict[str, Page] = {
        "/f%C3%BC%20r.png": page(encode(scene(1))),
        "/large.png": page(bytes(3000)),
        "/drip": drip,
    }
    with running(pages) as server:
        yield server


def collected(site: Site, path: str, folder: Path) -> CollectedEntry:
    addresses = folder / "list.txt"
    addresses.write_text(f"http://127.0.0.1:{site.server_port}{path}\n", "utf-8")
    options = CollectOptions(Limits(bytes=2000), network=True, seconds=0.5)
    if path.endswith("r.png"):
        options = CollectOptions(network=True)
    (entry,) = collect(folder / "set", "a", [str(addresses)], options)
    return entry


@pytest.mark.parametrize(
    ("path", "result", "note"),
    [
        ("/fü r.png", "added", ""),
        ("/missing.png", "failed", "it answered 404"),
        ("/large.png", "too_large", "It has more than 2,000 bytes, which is what is allowed."),
        ("/drip", "failed", "it took more than 0 seconds"),
    ],
)
def test_what_becomes_of_an_address(
    site: Site, tmp_path: Path, path: str, result: str, note: str
) -> None:
    entry = collected(site, path, tmp_path)
    assert (entry.result, entry.note) == (result, note)
