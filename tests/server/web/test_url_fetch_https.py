"""Fetching by https: the connection goes to the address that was judged, the certificate must be
the name's.
"""

from __future__ import annotations

import ssl
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import trustme

from data_cleaning.errors import FetchRefused
from data_cleaning.fetching.guarded_fetch import PUBLIC, Fetcher
from tests.support.making import make_picture
from tests.support.sites import Page, Site, page, redirect, running

NAMES = {"good.example": "127.0.0.1", "other.example": "127.0.0.1", "inside.example": "10.0.0.1"}
Start = Callable[..., Site]


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
def start(
    authority: trustme.CA, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Start]:
    """start(certificate, pages): a site with TLS.

    The test's own authority is one that this machine trusts.
    """
    authority.cert_pem.write_to_path(str(tmp_path / "authorities.pem"))
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "authorities.pem"))
    with ExitStack() as running_ones:

        def start_one(certificate: trustme.LeafCert, pages: dict[str, Page] | None = None) -> Site:
            tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            certificate.configure_cert(tls)
            return running_ones.enter_context(
                running(pages or {"/a.png": page(make_picture())}, tls)
            )

        yield start_one


def fetcher(*sites: Site) -> Fetcher:
    """As in service, but that the loopback address of the test's own sites counts as public."""

    def resolver(host: str, port: int) -> list[str]:
        return [NAMES.get(host, host)]

    return Fetcher(
        tuple(site.server_port for site in sites),
        4000,
        5,
        resolver,
        lambda text: text == "127.0.0.1",
    )


def test_the_name_is_asked_for_and_proved_though_the_address_is_pinned(
    authority: trustme.CA, start: Start
) -> None:
    site = start(authority.issue_cert("good.example"))
    assert fetcher(site).get(f"https://good.example:{site.server_port}/a.png") == make_picture()
    assert site.names == ["good.example"]
    assert site.hosts == [f"good.example:{site.server_port}"]


YESTERDAY = datetime.now(UTC) - timedelta(days=1)


@pytest.mark.parametrize(
    ("issue", "why"),
    [
        (lambda known: known.issue_cert("other.example"), "another name's"),
        (lambda known: known.issue_cert("sub.good.example"), "a name below"),
        (lambda known: known.issue_cert("*.good.example"), "a wildcard below"),
        (lambda known: known.issue_cert("127.0.0.1"), "the address's, which nobody asked for"),
        (lambda known: known.issue_cert("good.example", not_after=YESTERDAY), "out of date"),
        (
            lambda known: trustme.CA().issue_cert("good.example"),
            "of an authority that nobody knows",
        ),
    ],
)
def test_a_certificate_that_proves_nothing(
    authority: trustme.CA, start: Start, issue: Callable[[trustme.CA], trustme.LeafCert], why: str
) -> None:
    """Refused with the public words, and before anything was asked."""
    site = start(issue(authority))
    with pytest.raises(FetchRefused) as refused:
        fetcher(site).get(f"https://good.example:{site.server_port}/a.png")
    assert (str(refused.value), site.hosts) == (PUBLIC, []), why


@pytest.mark.parametrize(
    ("where", "fetched"),
    [
        ("http://good.example:{plain}/a.png", True),
        ("http://inside.example:{plain}/a.png", False),
        ("http://127.0.0.2:{plain}/a.png", False),
        ("http://good.example:22/a.png", False),
        ("http://good.example:{tls}/a.png", False),  # plain words to a TLS port
        ("https://other.example:{tls}/b.png", False),  # the certificate is the first name's
        ("https://good.example:{tls}/b.png", True),
        ("//good.example:{tls}/b.png", True),
        ("https://good.example:{plain}/a.png", False),  # TLS to a plain port
    ],
)
def test_where_a_page_leads_is_checked_as_if_it_were_asked_for(
    authority: trustme.CA, start: Start, where: str, fetched: bool
) -> None:
    with running({"/a.png": page(make_picture())}) as plain:
        pages = {"/b.png": page(make_picture())}
        site = start(authority.issue_cert("good.example"), pages)
        pages["/"] = redirect(where.format(plain=plain.server_port, tls=site.server_port))
        both = fetcher(plain, site)
        if fetched:
            assert both.get(f"https://good.example:{site.server_port}/") == make_picture()
        else:
            with pytest.raises(FetchRefused):
                both.get(f"https://good.example:{site.server_port}/")
