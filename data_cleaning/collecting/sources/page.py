"""The pictures of a web page or gallery, found in its HTML, and the pages that come after it."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from urllib.parse import urljoin, urlsplit

from bs4 import BeautifulSoup, Tag

from data_cleaning.collecting.entries import (
    CollectOptions,
    Entry,
    Origin,
    Plan,
    ask,
    brief,
    failing,
    fetcher,
    load_picture,
    unwanted,
)
from data_cleaning.errors import DatasetError, PictureTooLarge
from data_cleaning.fetching.guarded_fetch import Fetched, Fetcher, may_be_picture

LARGEST_PAGE = 8 * 1024 * 1024  # bytes of HTML
HTML = ("text/html", "application/xhtml+xml")
LAZY = ("data-src", "data-original", "data-lazy-src", "data-lazy", "data-full", "data-hi-res-src")
LAZY_SETS = ("srcset", "data-srcset", "data-lazy-srcset")
SMALLEST = 64  # pixels a side that an HTML says: below it is an icon
NEXT_WORDS = ("next", "next page", "older", "weiter", "nächste", "nächste seite", "›", "»", "→")
_PICTURE_FILE = re.compile(r"\.(jpe?g|jfif|png|webp|gif|bmp|hei[cf])$", re.IGNORECASE)
_NO_PICTURE_FILE = re.compile(r"\.(svgz?|ico|mp4|webm)$", re.IGNORECASE)
_CANDIDATE = re.compile(r"([^\s,]\S*[^\s,])(?:\s+([\d.]+)[wx])?\s*(?:,|$)")


def is_page(source: str) -> bool:
    """Whether a source is an http or https address."""
    return source.lower().startswith(("http://", "https://"))


def page(source: str, options: CollectOptions) -> Plan:
    """The pictures of a page, or the picture that lies at the address itself.

    Raises DatasetError where it cannot be read.
    """
    asking = fetcher(options, [source])
    asking_html = dataclasses.replace(
        asking,
        limit=max(LARGEST_PAGE, options.picture.bytes),
        accept="text/html, image/*;q=0.9",
        wants=lambda kind: kind in HTML or may_be_picture(kind),
    )
    try:
        first = ask(asking_html, source)
    except (OSError, PictureTooLarge) as error:
        raise DatasetError(f"{source} could not be read: {brief(error)}.") from error
    if first.kind not in HTML and _looks_like_html(first.body) is False:
        return Plan(iter([Entry(source, lambda: first.body)]), 1, web=True)
    plan = Plan(iter(()), web=True)
    plan.entries = _Gallery(plan, asking, asking_html, options).entries(first)
    return plan


@dataclass
class _Gallery:
    """One page after the other. plan: hears how many pictures there are."""

    plan: Plan
    pictures: Fetcher
    pages: Fetcher
    options: CollectOptions

    def entries(self, first: Fetched) -> Iterator[Entry]:
        home, found, seen, read = first.url, first, set[str](), {first.url}
        for number in range(1, self.options.page.pages + 1):
            soup = BeautifulSoup(found.body, "html.parser")
            addresses = [a for a in picture_addresses(soup, found.url) if a not in seen]
            seen |= set(addresses)
            self.plan.total = len(seen)
            yield from (self._entry(address, home, found.url, soup) for address in addresses)
            further = next_page(soup, found.url)
            if further is None or further in read or number == self.options.page.pages:
                return
            if not self._may(further, home):
                yield unwanted(further, "the next page is on another site: --other-sites reads it")
                return
            read.add(further)
            try:
                found = ask(self.pages, further)
            except (OSError, PictureTooLarge) as error:
                yield failing(further, brief(error))
                return

    def _entry(self, address: str, home: str, shown_by: str, soup: BeautifulSoup) -> Entry:
        if not self._may(address, home):
            return unwanted(address, "it is on another site: --other-sites brings it")
        load = partial(load_picture, self.pictures, address, self.options)
        return Entry(address, load, origin=Origin(page=shown_by, licence_url=_licence(soup)))

    def _may(self, address: str, home: str) -> bool:
        return self.options.page.other_sites or same_site(address, home)


def picture_addresses(soup: BeautifulSoup, page_url: str) -> list[str]:
    """Every picture that a page shows, in its largest form, each once, in the page's order."""
    base = soup.find("base", href=True)
    root = urljoin(page_url, str(base["href"])) if isinstance(base, Tag) else page_url
    found: dict[str, None] = {}
    for tag in soup.find_all(["meta", "img", "picture", "amp-img", "a"]):
        for text in _addresses_of(tag):
            address = _absolute(root, text)
            if address and not _NO_PICTURE_FILE.search(urlsplit(address).path):
                found.setdefault(address)
    return list(found)


def next_page(soup: BeautifulSoup, page_url: str) -> str | None:
    """Where a page says the next one is: by rel="next", or a link that is called so."""
    marked = soup.find(["link", "a"], rel="next", href=True)
    links = [marked] if isinstance(marked, Tag) else soup.find_all("a", href=True)
    for link in links:
        words = " ".join(link.get_text(" ", strip=True).lower().split())
        label = str(link.get("aria-label") or "").lower()
        if link is marked or words.strip(" ›»→") in NEXT_WORDS or words in NEXT_WORDS:
            return _absolute(page_url, str(link["href"]))
        if label in NEXT_WORDS:
            return _absolute(page_url, str(link["href"]))
    return None


def same_site(address: str, home: str) -> bool:
    """Whether an address is on the host of another one, or below it; `www.` does not count."""
    try:
        host, own = urlsplit(address), urlsplit(home)
        name = (own.hostname or "").removeprefix("www.")
        there = host.hostname or ""
        return there == name or there.endswith(f".{name}")
    except ValueError:
        return False


def largest_of(srcset: str) -> str | None:
    """The address of the largest picture that a srcset names; None where it names none."""
    found = [
        (float(size or 1), -i, url) for i, (url, size) in enumerate(_CANDIDATE.findall(srcset))
    ]
    return max(found)[2] if found else None


def _addresses_of(tag: Tag) -> Iterator[str]:
    """What a tag shows, in its largest form."""
    if tag.name == "meta":
        name = str(tag.get("property") or tag.get("name") or "")
        if name in ("og:image", "og:image:url", "og:image:secure_url", "twitter:image"):
            yield str(tag.get("content") or "")
    elif tag.name == "a":
        if tag.find(["img", "picture"]) and _PICTURE_FILE.search(_path(str(tag.get("href") or ""))):
            yield str(tag["href"])  # what the small one leads to
    elif tag.name == "picture":
        sources = [source for each in tag.find_all("source") for source in _sets(each)]
        if sources:
            yield sources[0]
    elif not _within(tag) and not _is_icon(tag):
        yield from [*_sets(tag), *(str(tag[name]) for name in (*LAZY, "src") if tag.get(name))][:1]


def _sets(tag: Tag) -> list[str]:
    """The largest picture of each srcset that a tag has."""
    named = [largest_of(str(tag[name])) for name in LAZY_SETS if tag.get(name)]
    return [address for address in named if address and not address.startswith("data:")]


def _within(tag: Tag) -> bool:
    """Whether something around an img shows the same picture larger."""
    picture = tag.find_parent("picture")
    if isinstance(picture, Tag) and any(_sets(each) for each in picture.find_all("source")):
        return True
    link = tag.find_parent("a")
    return isinstance(link, Tag) and bool(_PICTURE_FILE.search(_path(str(link.get("href") or ""))))


def _is_icon(tag: Tag) -> bool:
    sides = [str(tag.get(name) or "").removesuffix("px") for name in ("width", "height")]
    return any(side.isascii() and side.isdigit() and int(side) < SMALLEST for side in sides)


def _licence(soup: BeautifulSoup) -> str:
    link = soup.find(["a", "link"], rel="license", href=True)
    return str(link["href"]) if isinstance(link, Tag) else ""


def _absolute(root: str, text: str) -> str | None:
    try:
        address = urljoin(root, text.strip()).partition("#")[0]
        return address if is_page(address) and urlsplit(address).hostname else None
    except ValueError:
        return None


def _path(address: str) -> str:
    try:
        return urlsplit(address).path
    except ValueError:
        return ""


def _looks_like_html(body: bytes) -> bool:
    return body[:512].lstrip().lower().startswith((b"<!doctype html", b"<html", b"<head", b"<body"))
