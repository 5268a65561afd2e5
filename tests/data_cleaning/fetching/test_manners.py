"""How the fetcher treats hosts: pace, robots.txt, further attempts; and what it never reads."""

from __future__ import annotations

import dataclasses
import email.utils
import itertools
import time
from collections.abc import Iterator

import pytest

from data_cleaning.errors import FetchRefused, PictureTooLarge
from data_cleaning.fetching.addresses import any_address
from data_cleaning.fetching.guarded_fetch import Fetcher, may_be_picture
from data_cleaning.fetching.manners import Manners, Pace, Robots, retry_after
from tests.support.pictures import png
from tests.support.sites import (
    Page,
    Site,
    drip,
    drip_headers,
    one_after_the_other,
    page,
    redirect,
    running,
    status,
)

PICTURE = png(16, 16)
ROBOTS = b"User-agent: *\nDisallow: /private\nAllow: /private/open\nCrawl-delay: 0.2\n"
GOOD: Page = page(PICTURE, kind="image/png")


@pytest.fixture
def site() -> Iterator[Site]:
    with running({"/a.png": GOOD}) as server:
        yield server


def fetcher(**manners: object) -> Fetcher:
    polite = Manners(Pace(0.0, patience=2.0), retries=2)
    return Fetcher(
        None,
        4000,
        3,
        judge=any_address,
        wants=may_be_picture,
        manners=dataclasses.replace(polite, **manners),  # type: ignore[arg-type]
    )


def at(site: Site, path: str) -> str:
    return f"http://127.0.0.1:{site.server_port}{path}"


def paths(site: Site) -> list[str]:
    return [path for _, path in site.asked]


@pytest.mark.parametrize(
    ("pages", "asked"),
    [
        ((status(500), GOOD), 2),
        ((status(503, Retry_After="1"), status(502), GOOD), 3),
        ((status(429, Retry_After="1"), GOOD), 2),
        ((page(PICTURE, len(PICTURE) + 9), GOOD), 2),
    ],
    ids=["an error", "two errors", "too many requests", "cut short"],
)
def test_what_fails_for_a_moment_is_asked_again(
    site: Site, pages: tuple[Page, ...], asked: int
) -> None:
    site.pages["/a.png"] = one_after_the_other(*pages)
    assert fetcher().get(at(site, "/a.png")) == PICTURE
    assert len(site.asked) == asked


@pytest.mark.parametrize(
    ("answer", "reason", "asked"),
    [
        (status(404), "status 404", 1),
        (status(410), "status 410", 1),
        (status(500), "status 500", 3),
        (page(b"<html>", kind="text/html; charset=utf-8"), "it sent text/html", 1),
        (redirect("/a.png"), "more than 3 redirects", 4),
        (status(429, Retry_After="600"), "asks to be left alone for 600 seconds", 1),
    ],
)
def test_what_does_not_is_not(site: Site, answer: Page, reason: str, asked: int) -> None:
    site.pages["/a.png"] = answer
    with pytest.raises(FetchRefused) as refused:
        fetcher().get(at(site, "/a.png"))
    assert reason in refused.value.reason
    assert len(site.asked) == asked


def test_a_host_that_wants_to_be_left_alone_is_left_alone_by_all_addresses(site: Site) -> None:
    site.pages["/busy"] = status(429, Retry_After="600")
    shared = fetcher()
    for path in ("/busy", "/a.png"):
        with pytest.raises(FetchRefused, match=r"was not fetched"):
            shared.get(at(site, path))
    assert paths(site) == ["/busy"]


def test_retry_after_is_obeyed(site: Site) -> None:
    site.pages["/a.png"] = one_after_the_other(status(429, Retry_After="1"), GOOD)
    fetcher().get(at(site, "/a.png"))
    (first, _), (second, _) = site.asked
    assert second - first >= 1.0, "this is what the host asked for, not how fast we are"


@pytest.mark.parametrize(("header", "seconds"), [("7", 7.0), (None, None), ("soon", None)])
def test_retry_after_is_read(header: str | None, seconds: float | None) -> None:
    assert retry_after(header) == seconds


def test_retry_after_as_a_date() -> None:
    seconds = retry_after(email.utils.formatdate(time.time() + 60, usegmt=True))
    assert seconds is not None and 50 < seconds <= 60


def test_no_host_is_asked_faster_than_its_pace(site: Site) -> None:
    begun = time.monotonic()
    polite = fetcher(pace=Pace(0.15))
    for _ in range(4):
        polite.get(at(site, "/a.png"))
    times = [begun, *(when for when, _ in site.asked)]
    assert all(later - earlier >= 0.15 for earlier, later in itertools.pairwise(times))


def test_robots_txt_is_obeyed_and_read_once(site: Site) -> None:
    site.pages |= {
        "/robots.txt": page(ROBOTS),
        "/private/a.png": GOOD,
        "/private/open.png": GOOD,
        "/to-private": redirect("/private/a.png"),
    }
    polite = fetcher(robots=Robots())
    assert polite.get(at(site, "/private/open.png")) == PICTURE
    for path in ("/private/a.png", "/to-private"):
        with pytest.raises(FetchRefused) as refused:
            polite.get(at(site, path))
        assert "robots.txt" in refused.value.reason
    assert paths(site) == ["/robots.txt", "/private/open.png", "/to-private"]
    assert site.asked[2][0] - site.asked[1][0] >= 0.2, "Crawl-delay"


@pytest.mark.parametrize(
    ("robots", "allowed"), [(status(404), True), (status(403), True), (status(500), False)]
)
def test_a_robots_txt_that_cannot_be_had(site: Site, robots: Page, allowed: bool) -> None:
    """RFC 9309: where there is none all may be asked, where the site fails nothing may."""
    site.pages["/robots.txt"] = robots
    polite = fetcher(robots=Robots(), retries=0)
    for _ in range(2):
        if allowed:
            assert polite.get(at(site, "/a.png")) == PICTURE
        else:
            with pytest.raises(FetchRefused):
                polite.get(at(site, "/a.png"))
    assert paths(site) == ["/robots.txt", *(["/a.png"] * 2 if allowed else [])]


def test_what_is_announced_too_large_is_not_read(site: Site) -> None:
    """The body never comes: who waits for a byte of it gets no further than "time is up"."""
    site.pages["/a.png"] = page(b"", 5 * 1024**3, "image/png")
    with pytest.raises(PictureTooLarge, match="4,000 bytes"):
        fetcher().get(at(site, "/a.png"))
    assert len(site.asked) == 1


@pytest.mark.parametrize("answer", [drip, drip_headers])
def test_dripping_ends_with_its_time_whatever_the_attempts(site: Site, answer: Page) -> None:
    """Ten seconds of drips, three attempts: asked once, for the second that it may take."""
    site.pages["/a.png"] = answer
    with pytest.raises(FetchRefused, match="not fetched") as refused:
        dataclasses.replace(fetcher(), seconds=1.0).get(at(site, "/a.png"))
    assert refused.value.reason == "time is up"
    assert len(site.asked) == 1


def test_headers_do_not_follow_to_another_host(site: Site) -> None:
    with running({"/b.png": GOOD}) as other:
        site.pages["/a.png"] = redirect(at(other, "/b.png"))
        fetcher().fetch(at(site, "/a.png"), {"X-Key": "secret"})
        assert site.headers[0]["X-Key"] == "secret"
        assert "X-Key" not in other.headers[0]


def test_who_runs_the_program_may_trust_a_place_and_nothing_beside_it(site: Site) -> None:
    guarded = Fetcher((80, 443), 4000, 3, trusted=frozenset({f"127.0.0.1:{site.server_port}"}))
    assert guarded.get(at(site, "/a.png")) == PICTURE
    with running({"/a.png": GOOD}) as other:
        site.pages["/away"] = redirect(at(other, "/a.png"))
        for url in (at(site, "/away"), at(other, "/a.png")):
            with pytest.raises(FetchRefused):
                guarded.get(url)
        assert not other.asked
