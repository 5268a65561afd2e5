"""Providers of pictures on this machine: each answers in the shape that the real one answers in.

The shapes were written down from the providers' own documentation; names and pictures are made up.
"""

from __future__ import annotations

import http.server
import json
from collections.abc import Callable
from urllib.parse import parse_qs, urlsplit

from data_cleaning.imaging.encoding import encode
from tests.support.pictures import scene
from tests.support.sites import Page, Site, page

Query = dict[str, str]


def query_of(handler: http.server.BaseHTTPRequestHandler) -> Query:
    return {name: values[0] for name, values in parse_qs(urlsplit(handler.path).query).items()}


def answering(answer: Callable[[Query], object], kind: str = "application/json") -> Page:
    """A page whose JSON depends on its query."""

    def write(handler: http.server.BaseHTTPRequestHandler) -> None:
        page(json.dumps(answer(query_of(handler))).encode(), kind=kind)(handler)

    return write


def picture(number: int) -> bytes:
    """A drawn picture, another one for every number."""
    return encode(scene(number, 80, 64))


class Providers:
    """All providers in one site, each with so many pictures of every query."""

    def __init__(self, site: Site, pictures: int) -> None:
        self.site, self.pictures = site, pictures
        site.pages |= {
            "/v1/images/": answering(self.openverse),
            "/w/api.php": answering(self.commons),
            "/v7.0/images/search": answering(self.bing),
            "/customsearch/v1": answering(self.google),
        }
        for number in range(pictures):
            site.pages[f"/pictures/{number}.png"] = page(picture(number), kind="image/png")

    @property
    def base(self) -> str:
        return f"http://127.0.0.1:{self.site.server_port}"

    def url(self, number: int) -> str:
        return f"{self.base}/pictures/{number}.png"

    def openverse(self, query: Query) -> object:
        number, size = int(query["page"]), int(query["page_size"])
        first = (number - 1) * size
        return {
            "result_count": self.pictures,
            "page_count": -(-self.pictures // size),
            "page_size": size,
            "page": number,
            "results": [
                {
                    "id": f"6f3c1d9e-0000-4000-8000-{n:012d}",
                    "title": f"{query['q']} no. {n}",
                    "indexed_on": "2025-03-01T10:00:00Z",
                    "foreign_landing_url": f"https://museum.example/objects/{n}",
                    "url": self.url(n),
                    "creator": f"Photographer {n % 7}",
                    "creator_url": None,
                    "license": "by-sa" if n % 2 else "cc0",
                    "license_version": "4.0" if n % 2 else "1.0",
                    "license_url": "https://creativecommons.org/licenses/by-sa/4.0/",
                    "provider": "museum",
                    "source": "museum",
                    "category": None,
                    "filesize": None,
                    "filetype": "png",
                    "height": 64,
                    "width": 80,
                    "mature": False,
                }
                for n in range(first, min(first + size, self.pictures))
            ],
        }

    def commons(self, query: Query) -> object:
        first, size = int(query["gsroffset"]), int(query["gsrlimit"])
        last = min(first + size, self.pictures)
        more = {"continue": {"gsroffset": last, "continue": "gsroffset||"}}
        pages = {str(9000 + n): self._commons_page(n) for n in range(first, last)}
        found = {"batchcomplete": "", **(more if last < self.pictures else {})}
        return {**found, "query": {"pages": pages}} if pages else found

    def _commons_page(self, n: int) -> object:
        return {
            "pageid": 9000 + n,
            "ns": 6,
            "title": f"File:Example {n}.png",
            "index": n + 1,
            "imagerepository": "local",
            "imageinfo": [
                {
                    "size": 9000,
                    "width": 4000 if n == 1 else 80,
                    "height": 3200 if n == 1 else 64,
                    "thumburl": self.url(n),
                    "thumbwidth": 1920,
                    "thumbheight": 1536,
                    "url": f"{self.base}/pictures/huge.png" if n == 1 else self.url(n),
                    "descriptionurl": f"https://commons.example/wiki/File:Example_{n}.png",
                    "mime": "image/png",
                    "extmetadata": {
                        "LicenseShortName": {
                            "value": "CC BY-NC 2.0" if n % 2 else "CC BY-SA 4.0",
                            "source": "commons-desc-page",
                        },
                        "LicenseUrl": {"value": "https://creativecommons.org/licenses/by-sa/4.0"},
                        "Artist": {
                            "value": f'<a href="//x.example/{n}" title="x">Ann Onym {n}</a>'
                        },
                    },
                }
            ],
        }

    def bing(self, query: Query) -> object:
        first, size = int(query["offset"]), int(query["count"])
        last = min(first + size, self.pictures)
        return {
            "_type": "Images",
            "totalEstimatedMatches": self.pictures,
            "nextOffset": last,
            "currentOffset": first,
            "value": [
                {
                    "name": f"Picture {n}",
                    "contentUrl": self.url(n),
                    "hostPageUrl": f"https://shop.example/{n}",
                    "thumbnailUrl": "https://th.example/1",
                    "encodingFormat": "png",
                    "width": 80,
                    "height": 64,
                }
                for n in range(first, last)
            ],
        }

    def google(self, query: Query) -> object:
        first, size = int(query["start"]) - 1, int(query["num"])
        last = min(first + size, self.pictures)
        more = {"nextPage": [{"startIndex": last + 1}]} if last < self.pictures else {}
        return {
            "kind": "customsearch#search",
            "queries": {"request": [{"startIndex": first + 1}], **more},
            "searchInformation": {"totalResults": str(self.pictures)},
            "items": [
                {
                    "kind": "customsearch#result",
                    "title": f"Picture {n}",
                    "link": self.url(n),
                    "mime": "image/png",
                    "image": {"contextLink": f"https://blog.example/{n}", "width": 80},
                }
                for n in range(first, last)
            ],
        }
