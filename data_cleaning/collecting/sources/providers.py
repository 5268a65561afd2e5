"""Who can be searched for pictures: one function a provider, which reads its JSON.

A provider gives what it found, page by page. It fetches through the function it is handed, and no
picture.
"""

from __future__ import annotations

import importlib.util
import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from urllib.parse import urlencode

from data_cleaning.collecting.entries import Origin
from data_cleaning.collecting.sources.licences import code_of
from data_cleaning.json_types import JsonObject

WIDEST = 1920  # pixels that a picture of Wikimedia Commons is asked for, where it is wider


@dataclass(frozen=True)
class Hit:
    """A picture that was found: its address, and where it stands."""

    url: str
    origin: Origin


@dataclass(frozen=True)
class HitPage:
    """total: how many there are of this query, as far as the provider says."""

    hits: list[Hit]
    total: int | None = None


@dataclass(frozen=True)
class Search:
    """One query to one provider. read: JSON from an address with these headers; raises OSError.

    base: the address of the provider. count: how many are wanted. licences: codes, empty for all.
    """

    query: str
    count: int
    licences: frozenset[str]
    base: str
    read: Callable[[str, Mapping[str, str]], JsonObject]

    def ask(
        self, path: str, headers: Mapping[str, str] | None = None, **words: object
    ) -> JsonObject:
        """The JSON at a path of the provider."""
        given = {name: value for name, value in words.items() if value not in (None, "")}
        return self.read(f"{self.base}{path}?{urlencode(given)}", headers or {})


@dataclass(frozen=True)
class Provider:
    """search: goes through what it finds. base: where it is. licences: does it say under which
    licence each picture is? needs: environment variables it cannot do without.
    """

    search: Callable[[Search], Iterator[HitPage]]
    base: str
    licences: bool = False
    needs: tuple[str, ...] = ()


def openverse(search: Search) -> Iterator[HitPage]:
    """https://api.openverse.org: 240 a query without OPENVERSE_TOKEN."""
    token = os.environ.get("OPENVERSE_TOKEN", "")
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    page = pages = 1
    while page <= pages:
        found = search.ask(
            "/v1/images/",
            headers,
            q=search.query,
            page=page,
            page_size=50 if token else 20,
            license=",".join(sorted(search.licences)),
        )
        rows = found["results"]
        hits = [Hit(row["url"], _openverse_origin(row, search.query)) for row in rows]
        yield HitPage(hits, int(found["result_count"]))
        page, pages = page + 1, int(found["page_count"]) if rows else 0


def _openverse_origin(row: JsonObject, query: str) -> Origin:
    licence = "-".join(filter(None, (row.get("license"), row.get("license_version"))))
    return Origin(
        page=row.get("foreign_landing_url") or "",
        licence=licence,
        licence_url=row.get("license_url") or "",
        author=row.get("creator") or "",
        title=row.get("title") or "",
        query=query,
    )


def commons(search: Search) -> Iterator[HitPage]:
    """https://commons.wikimedia.org: pictures, 50 a page, with licence and author."""
    offset: int | None = 0
    while offset is not None:
        found = search.ask(
            "/w/api.php",
            action="query",
            format="json",
            generator="search",
            gsrsearch=f"filetype:bitmap {search.query}",
            gsrnamespace=6,
            gsrlimit=50,
            gsroffset=str(offset),
            prop="imageinfo",
            iiprop="url|size|mime|extmetadata",
            iiurlwidth=WIDEST,
        )
        rows = sorted(found.get("query", {}).get("pages", {}).values(), key=_rank)
        hits = [_commons_hit(row, search.query) for row in rows if row.get("imageinfo")]
        allowed = [hit for hit in hits if _allows(search.licences, hit.origin.licence)]
        yield HitPage(allowed)
        offset = found.get("continue", {}).get("gsroffset")


def _rank(row: JsonObject) -> int:
    return int(row.get("index", 0))


def _commons_hit(row: JsonObject, query: str) -> Hit:
    info = row["imageinfo"][0]
    about = {name: _plain(field.get("value")) for name, field in info["extmetadata"].items()}
    wide = int(info.get("width", 0)) > WIDEST and info.get("thumburl")
    origin = Origin(
        page=info.get("descriptionurl", ""),
        licence=about.get("LicenseShortName", ""),
        licence_url=about.get("LicenseUrl", ""),
        author=about.get("Artist", ""),
        title=row.get("title", ""),
        query=query,
    )
    return Hit(info["thumburl"] if wide else info["url"], origin)


def _plain(text: object) -> str:
    """Commons describes people in HTML, or in plain words."""
    words = str(text or "")
    if "<" not in words and "&" not in words:
        return words
    from bs4 import BeautifulSoup

    return BeautifulSoup(words, "html.parser").get_text(" ", strip=True)


def _allows(licences: frozenset[str], name: str) -> bool:
    return not licences or code_of(name) in licences


def bing(search: Search) -> Iterator[HitPage]:
    """Bing's image search, version 7, by the key in BING_SEARCH_KEY."""
    headers = {"Ocp-Apim-Subscription-Key": os.environ["BING_SEARCH_KEY"]}
    offset, last = 0, -1
    while offset > last:
        size = min(150, search.count)
        found = search.ask(
            "/v7.0/images/search", headers, q=search.query, count=size, offset=str(offset)
        )
        rows = found.get("value", [])
        hits = [
            Hit(
                row["contentUrl"],
                Origin(
                    page=row.get("hostPageUrl", ""), title=row.get("name", ""), query=search.query
                ),
            )
            for row in rows
        ]
        yield HitPage(hits, int(found.get("totalEstimatedMatches", 0)) or None)
        last, offset = offset, int(found.get("nextOffset", 0)) if rows else 0


def google(search: Search) -> Iterator[HitPage]:
    """Google's programmable search, by GOOGLE_SEARCH_KEY and GOOGLE_SEARCH_ENGINE: 100 a query."""
    for start in range(1, 92, 10):
        found = search.ask(
            "/customsearch/v1",
            key=os.environ["GOOGLE_SEARCH_KEY"],
            cx=os.environ["GOOGLE_SEARCH_ENGINE"],
            q=search.query,
            searchType="image",
            num=10,
            start=start,
        )
        rows = found.get("items", [])
        hits = [
            Hit(
                row["link"],
                Origin(
                    page=row.get("image", {}).get("contextLink", ""),
                    title=row.get("title", ""),
                    query=search.query,
                ),
            )
            for row in rows
        ]
        total = found.get("searchInformation", {}).get("totalResults")
        yield HitPage(hits, min(100, int(total)) if total else None)
        if not found.get("queries", {}).get("nextPage"):
            return


def ddgs(search: Search) -> Iterator[HitPage]:
    """DuckDuckGo by the library ddgs, which asks it in its own way, without a key."""
    from ddgs import DDGS
    from ddgs.exceptions import DDGSException

    engine, seen = DDGS(timeout=20), set[str]()
    for page in range(1, 1 + search.count):
        try:
            rows = engine.images(search.query, page=page, max_results=None, backend="duckduckgo")
        except DDGSException as error:  # it calls an empty page one too
            if not seen:
                raise OSError(str(error)) from None
            return
        hits = [
            Hit(row["image"], Origin(page=row["url"], title=row["title"], query=search.query))
            for row in rows
            if row["image"] not in seen
        ]
        if not hits:
            return
        seen |= {hit.url for hit in hits}
        yield HitPage(hits)


PROVIDERS = {
    "openverse": Provider(openverse, "https://api.openverse.org", licences=True),
    "commons": Provider(commons, "https://commons.wikimedia.org", licences=True),
    "bing": Provider(bing, "https://api.bing.microsoft.com", needs=("BING_SEARCH_KEY",)),
    "google": Provider(
        google,
        "https://www.googleapis.com",
        needs=("GOOGLE_SEARCH_KEY", "GOOGLE_SEARCH_ENGINE"),
    ),
    "ddgs": Provider(ddgs, ""),
}
SEARCH = "search"


def missing(name: str) -> list[str]:
    """What must still be in the environment before a provider can be asked."""
    return [variable for variable in PROVIDERS[name].needs if not os.environ.get(variable)]


def is_usable(name: str) -> bool:
    """Whether a provider has its key, and its library is installed."""
    installed = name != "ddgs" or importlib.util.find_spec("ddgs") is not None
    return installed and not missing(name)


FREE = ("openverse", "commons")
"""What the source SEARCH asks: they need no key, and say under which licence a picture is."""
