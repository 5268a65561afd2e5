"""Fetching from an address a stranger wrote: what is never reached, and what redirects and names
may not do.
"""

from __future__ import annotations

import dataclasses
import socket
import threading
from collections.abc import Iterator

import pytest

from data_cleaning.errors import FetchRefused, PictureTooLarge
from data_cleaning.fetching.addresses import is_public
from data_cleaning.fetching.guarded_fetch import PUBLIC, Fetcher
from server.web.url_fetch import OFF
from tests.support.making import Make, make_picture
from tests.support.sites import Site, drip, drip_headers, page, redirect, running

REFUSED = {
    "loopback": "127.0.0.1",
    "loopback, further": "127.8.9.10",
    "this network": "0.0.0.0",
    "this network, further": "0.1.2.3",
    "private 10": "10.0.0.1",
    "private 172": "172.16.0.1",
    "private 192": "192.168.1.1",
    "carrier NAT": "100.64.0.1",
    "cloud metadata in carrier NAT": "100.100.100.200",
    "link-local": "169.254.1.1",
    "cloud metadata": "169.254.169.254",
    "cloud agent": "168.63.129.16",
    "multicast": "224.0.0.1",
    "multicast, further": "239.255.255.250",
    "reserved": "240.0.0.1",
    "broadcast": "255.255.255.255",
    "documentation 1": "192.0.2.1",
    "documentation 2": "198.51.100.1",
    "documentation 3": "203.0.113.1",
    "benchmarking": "198.18.0.1",
    "protocol assignments": "192.0.0.8",
    "6to4 relay": "192.88.99.1",
    "IPv6 loopback": "::1",
    "IPv6 unspecified": "::",
    "IPv6 link-local": "fe80::1",
    "IPv6 link-local with a zone": "fe80::1%eth0",
    "IPv6 site-local": "fec0::1",
    "IPv6 unique local": "fd00::1",
    "IPv6 cloud metadata": "fd00:ec2::254",
    "IPv6 multicast": "ff02::1",
    "IPv6 documentation": "2001:db8::1",
    "IPv6 documentation, newer": "3fff::1",
    "IPv6 discard": "100::1",
    "mapped loopback": "::ffff:127.0.0.1",
    "mapped private": "::ffff:10.0.0.1",
    "mapped metadata": "::ffff:a9fe:a9fe",
    "compatible loopback": "::127.0.0.1",
    "compatible private": "::c0a8:101",
    "translated loopback": "::ffff:0:127.0.0.1",
    "NAT64 loopback": "64:ff9b::127.0.0.1",
    "NAT64 private": "64:ff9b::10.0.0.1",
    "NAT64 metadata": "64:ff9b::a9fe:a9fe",
    "NAT64 for local use": "64:ff9b:1::8.8.8.8",
    "6to4 of loopback": "2002:7f00:1::1",
    "6to4 of private": "2002:a00:1::1",
    "6to4 of metadata": "2002:a9fe:a9fe::",
    "Teredo": "2001:0:53aa:64c:0:0:80ff:fffe",
    "Teredo of a private server": "2001:0:a00:1::1",
    "ISATAP of private": "2a00:1450::5efe:10.0.0.1",
    "ISATAP of loopback, global bit": "2a00:1450::200:5efe:127.0.0.1",
    "no address": "localhost",
    "empty": "",
}
ALLOWED = [
    "8.8.8.8",
    "1.1.1.1",
    "93.184.216.34",
    "2a00:1450:4001:82a::200e",
    "::ffff:8.8.8.8",
    "64:ff9b::8.8.8.8",
]


@pytest.mark.parametrize("name", REFUSED)
def test_addresses_that_are_not_public(name: str) -> None:
    assert not is_public(REFUSED[name])


@pytest.mark.parametrize("address", ALLOWED)
def test_addresses_that_are(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize("name", REFUSED)
def test_a_name_with_one_such_address_is_refused(name: str) -> None:
    """One bad address among good ones is enough, whichever comes first."""
    asked: list[str] = []

    def resolver(host: str, port: int) -> list[str]:
        asked.append(host)
        return ["93.184.216.34", REFUSED[name]]

    fetcher = Fetcher((80, 443), 1000, 5, resolver)
    with pytest.raises(FetchRefused) as refused:
        fetcher.get("http://good.example/a.jpg")
    assert str(refused.value) == PUBLIC
    assert asked == ["good.example"]


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1/",
        "http://127.1/",
        "http://2130706433/",
        "http://0x7f000001/",
        "http://0177.0.0.1/",
        "http://0/",
        "http://[::1]/",
        "http://[::ffff:127.0.0.1]/",
        "http://localhost/",
        "https://localhost/",
        "http://169.254.169.254/latest/meta-data/",
        "http://[fe80::1%25eth0]/",
        "http://user:secret@example.com/",
        "http://example.com:22/",
        "http://example.com:8080/",
        "http://example.com:0/",
        "http://example.com:99999/",
        "ftp://example.com/",
        "file:///etc/passwd",
        "gopher://example.com/",
        "data:image/png;base64,AAAA",
        "//example.com/",
        "example.com",
        "http://",
        "http:///a",
        "http://exa mple.com/",
        "http://example.com/\r\nHost: other",
        "http://example.com\\@127.0.0.1/",
        "http://ex\u00e4mple.com/",
        "http://[::1/",
        "",
    ],
)
def test_urls_that_are_refused_with_the_same_words(url: str) -> None:
    with pytest.raises(FetchRefused) as refused:
        Fetcher((80, 443), 1000, 5).get(url)
    assert str(refused.value) == PUBLIC


@pytest.fixture
def site() -> Iterator[Site]:
    pages = {
        "/a.png": page(make_picture()),
        "/large": page(b"x" * 5000),
        "/cut": page(b"x" * 10, 100),
        "/drip": drip,
        "/headers": drip_headers,
        "/loop": redirect("/loop"),
        "/1": redirect("/2"),
        "/2": redirect("/3"),
        "/3": redirect("/a.png"),
        "/0": redirect("/1"),
        "/inside": redirect("http://inside.example/a.png"),
        "/metadata": redirect("http://169.254.169.254/latest/"),
        "/file": redirect("file:///etc/passwd"),
        "/nowhere": redirect(""),
        "/port": redirect("http://good.example:22/"),
    }
    with running(pages) as server:
        yield server


@pytest.fixture
def fetcher(site: Site) -> Fetcher:
    """As in service, but that the loopback address of the test's own site counts as public."""

    def resolver(host: str, port: int) -> list[str]:
        return {"good.example": ["127.0.0.1"], "inside.example": ["10.0.0.1"]}.get(host, [host])

    return Fetcher((site.server_port,), 4000, 3, resolver, lambda text: text == "127.0.0.1")


def test_a_picture_is_fetched(fetcher: Fetcher, site: Site) -> None:
    assert fetcher.get(f"http://good.example:{site.server_port}/a.png") == make_picture()
    assert site.hosts == [f"good.example:{site.server_port}"]


def test_three_redirects_are_followed_and_a_fourth_is_not(fetcher: Fetcher, site: Site) -> None:
    base = f"http://good.example:{site.server_port}"
    assert fetcher.get(f"{base}/1") == make_picture()
    with pytest.raises(FetchRefused):
        fetcher.get(f"{base}/0")


@pytest.mark.parametrize(
    "path", ["/inside", "/metadata", "/file", "/port", "/loop", "/nowhere", "/missing", "/cut"]
)
def test_where_a_page_may_not_lead(fetcher: Fetcher, site: Site, path: str) -> None:
    with pytest.raises(FetchRefused) as refused:
        fetcher.get(f"http://good.example:{site.server_port}{path}")
    assert str(refused.value) == PUBLIC


def test_more_bytes_than_allowed(fetcher: Fetcher, site: Site) -> None:
    with pytest.raises(PictureTooLarge, match="4,000 bytes"):
        fetcher.get(f"http://good.example:{site.server_port}/large")


@pytest.mark.parametrize("path", ["/drip", "/headers"])
def test_a_page_that_drips_is_given_up(fetcher: Fetcher, site: Site, path: str) -> None:
    impatient = dataclasses.replace(fetcher, seconds=0.5)
    with pytest.raises(FetchRefused):
        impatient.get(f"http://good.example:{site.server_port}{path}")


def test_a_resolver_that_hangs_is_given_up() -> None:
    release = threading.Event()

    def resolver(host: str, port: int) -> list[str]:
        release.wait(10)
        return ["93.184.216.34"]

    with pytest.raises(FetchRefused):
        Fetcher((80,), 1000, 0.3, resolver).get("http://slow.example/")
    release.set()


def test_a_name_that_changes_its_mind_gains_nothing(site: Site) -> None:
    """The name is public when it is judged and inside a moment later: it is asked once, and that
    answer is used.
    """
    asked = 0
    connected: list[tuple[str, int]] = []
    real = socket.create_connection

    def resolver(host: str, port: int) -> list[str]:
        nonlocal asked
        asked += 1
        return ["127.0.0.1"] if asked == 1 else ["10.0.0.1"]

    def connect(address: tuple[str, int], *more: object) -> socket.socket:
        connected.append(address)
        return real(address, *more)  # type: ignore[arg-type]

    fetcher = Fetcher((site.server_port,), 4000, 3, resolver, lambda text: text == "127.0.0.1")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket, "create_connection", connect)
        assert fetcher.get(f"http://rebind.example:{site.server_port}/a.png") == make_picture()
        assert (asked, connected) == (1, [("127.0.0.1", site.server_port)])
        with pytest.raises(FetchRefused):
            fetcher.get(f"http://rebind.example:{site.server_port}/1")
    assert connected == [("127.0.0.1", site.server_port)]


@pytest.mark.parametrize(
    ("on", "url", "message"),
    [
        (False, "http://93.184.216.34/a.jpg", OFF),
        (True, "http://127.0.0.1/a.jpg", PUBLIC),
        (True, "http://metadata.google.internal/", PUBLIC),
    ],
)
def test_over_http(make: Make, on: bool, url: str, message: str) -> None:
    answer = make(fetch_urls=on).test_client().post("/api/predict", json={"url": url})
    assert (answer.status_code, answer.get_json()["detail"]) == (400, message)
