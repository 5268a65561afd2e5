"""The pictures of a web page: which of them are found, and what is left alone."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from bs4 import BeautifulSoup

from data_cleaning.collecting.sources.page import (
    largest_of,
    next_page,
    picture_addresses,
    same_site,
)
from tests.data_cleaning.commands import run
from tests.support.providers import picture
from tests.support.sites import Site, page, running, status

HOME = "https://www.museum.example/gallery/"


def soup(html: str) -> BeautifulSoup:
    return BeautifulSoup(html, "html.parser")


@pytest.mark.parametrize(
    ("html", "found"),
    [
        ('<img src="a.jpg">', ["a.jpg"]),
        ('<img src="/a.jpg"><img src="/a.jpg#top">', ["/a.jpg"]),
        ('<img src="s.jpg" srcset="m.jpg 640w, l.jpg 1280w">', ["l.jpg"]),
        ('<img src="s.jpg" srcset="m.jpg, l.jpg 2x">', ["l.jpg"]),
        ('<img src="dot.gif" data-src="real.jpg">', ["real.jpg"]),
        ('<img src="data:image/gif;base64,R0" data-srcset="l.jpg 2x">', ["l.jpg"]),
        ('<img src="data:image/gif;base64,R0">', []),
        (
            '<picture><source srcset="p.webp 400w, q.webp 900w"><img src="s.jpg"></picture>',
            ["q.webp"],
        ),
        ('<picture><img src="s.jpg"></picture>', ["s.jpg"]),
        ('<a href="full.jpg"><img src="thumb.jpg"></a>', ["full.jpg"]),
        ('<a href="more.html"><img src="thumb.jpg"></a>', ["thumb.jpg"]),
        ('<meta property="og:image" content="/og.jpg">', ["/og.jpg"]),
        ('<noscript><img src="a.jpg"></noscript>', ["a.jpg"]),
        ('<img src="icon.png" width="16" height="16"><img src="logo.svg">', []),
        ('<img src="javascript:x()"><img src="http://[::1"><img>', []),
        ('<base href="/pictures/"><img src="a.jpg">', ["/pictures/a.jpg"]),
    ],
)
def test_what_a_page_shows(html: str, found: list[str]) -> None:
    def whole(path: str) -> str:
        return HOME + path if not path.startswith("/") else f"https://www.museum.example{path}"

    assert picture_addresses(soup(html), HOME) == [whole(path) for path in found]


@pytest.mark.parametrize(
    ("srcset", "largest"),
    [
        ("a.jpg", "a.jpg"),
        ("a.jpg 1x, b.jpg 1.5x", "b.jpg"),
        ("a,b.jpg 100w,c.jpg 50w", "a,b.jpg"),
        ("", None),
        (" , ", None),
    ],
)
def test_the_largest_of_a_srcset(srcset: str, largest: str | None) -> None:
    assert largest_of(srcset) == largest


@pytest.mark.parametrize(
    ("html", "found"),
    [
        ('<link rel="next" href="2">', "2"),
        ('<a href="3" rel="nofollow next">more</a>', "3"),
        ('<a href="2">Next ›</a>', "2"),
        ('<a href="2" aria-label="Next page"><svg></svg></a>', "2"),
        ('<a href="2">»</a>', "2"),
        ('<a href="2">Nächste Seite</a>', "2"),
        ('<a href="2">Next year in pictures</a>', None),
        ("<a>Next</a>", None),
    ],
)
def test_the_page_after_it(html: str, found: str | None) -> None:
    assert next_page(soup(html), HOME) == (HOME + found if found else None)


@pytest.mark.parametrize(
    ("address", "same"),
    [
        ("https://museum.example/a.jpg", True),
        ("https://img.museum.example/a.jpg", True),
        ("https://notmuseum.example/a.jpg", False),
        ("https://museum.example.evil/a.jpg", False),
        ("https://[::1/a.jpg", False),
    ],
)
def test_the_same_site(address: str, same: bool) -> None:
    assert same_site(address, HOME) is same


@pytest.fixture
def site() -> Iterator[Site]:
    with running({}) as server:
        base = f"http://127.0.0.1:{server.server_port}"
        html = "text/html; charset=utf-8"
        server.pages |= {f"/{n}.png": page(picture(n), kind="image/png") for n in range(5)}
        server.pages |= {
            "/gallery": page(
                b'<a rel="license" href="https://cc.example/by">CC BY</a>'
                b'<img src="0.png"><img data-src="/1.png"><img src="http://cdn.example/9.png">'
                b'<img src="/private/x.png"><a rel="next" href="/gallery2">Next</a>',
                kind=html,
            ),
            "/gallery2": page(
                b'<img src="/1.png"><img src="/2.png"><a rel="next" href="/gallery3">Next</a>',
                kind=html,
            ),
            "/gallery3": page(
                f'<img src="{base}/3.png"><a rel=next href="/gallery">'.encode(), kind=html
            ),
            "/robots.txt": page(b"User-agent: *\nDisallow: /private"),
        }
        yield server


def collected(
    site: Site, root: Path, capsys: pytest.CaptureFixture[str], path: str, *more: object
) -> dict[str, object]:
    source = f"http://127.0.0.1:{site.server_port}{path}"
    command = ["collect", root, "cat", "--from", source, "--interval", 0, "--json", *more]
    found = json.loads(run(capsys, *command)[1])
    assert isinstance(found, dict)
    return found


def test_a_gallery_with_its_next_pages(
    site: Site, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    report = collected(site, tmp_path, capsys, "/gallery")
    assert report["counts"] == {
        **dict.fromkeys(("already", "elsewhere", "rejected", "unreadable", "too_large"), 0),
        "added": 2,
        "left_out": 1,  # of another site
        "failed": 1,  # robots.txt
    }
    line = json.loads((tmp_path / "sources.jsonl").read_text().splitlines()[0])
    assert line["page"].endswith("/gallery") and line["licence_url"] == "https://cc.example/by"
    report = collected(site, tmp_path, capsys, "/gallery", "--pages", 9)
    assert report["counts"]["added"] == 2, report  # type: ignore[index]
    asked = [path for _, path in site.asked]
    assert len([path for path in asked if path.endswith(".png")]) == 4, "each once, over both runs"
    assert "/private/x.png" not in asked


def test_an_address_that_is_a_picture_itself(
    site: Site, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    report = collected(site, tmp_path, capsys, "/4.png")
    assert report["counts"]["added"] == 1  # type: ignore[index]


def test_a_page_that_cannot_be_read(
    site: Site, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    site.pages["/gone"] = status(404)
    source = f"http://127.0.0.1:{site.server_port}/gone"
    code, _, told = run(capsys, "collect", tmp_path / "set", "cat", source, "--interval", 0)
    assert code == 2 and "could not be read: it answered 404" in told
    assert not (tmp_path / "set").exists()
