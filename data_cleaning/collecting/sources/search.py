"""Sources that are searched by words: every query at a provider, page after page."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial

from data_cleaning.collecting.entries import (
    CollectOptions,
    Entry,
    Plan,
    ask,
    brief,
    failing,
    fetcher,
    load_picture,
)
from data_cleaning.collecting.sources.providers import (
    FREE,
    PROVIDERS,
    SEARCH,
    Search,
    is_usable,
    missing,
)
from data_cleaning.errors import DatasetError, PictureTooLarge
from data_cleaning.fetching.guarded_fetch import Fetcher
from data_cleaning.json_types import JsonObject

LARGEST_ANSWER = 8 * 1024 * 1024  # bytes of JSON


def is_search(source: str) -> bool:
    """Whether a source names a provider, or asks for those that need no key."""
    return source == SEARCH or source in PROVIDERS


def search(source: str, options: CollectOptions) -> Plan:
    """What a provider finds, for every query. Raises DatasetError where it cannot be asked."""
    names = FREE if source == SEARCH else (source,)
    for name in names:
        _check(name, options)
    plan = Plan(iter(()), web=True)
    searches = [
        _Searched(name, query, options) for name in names for query in options.search.queries
    ]
    plan.total = sum(one.total for one in searches)
    plan.entries = _entries(plan, searches)
    return plan


def _check(name: str, options: CollectOptions) -> None:
    provider, wanted = PROVIDERS[name], options.search
    if not wanted.queries:
        raise DatasetError(f"Say what {name} is to be searched for: --query WORDS.")
    if wanted.licences and not provider.licences:
        able = " and ".join(n for n, p in PROVIDERS.items() if p.licences)
        raise DatasetError(
            f"{name} does not say under which licence a picture is. --licence goes with {able}."
        )
    if needed := missing(name):
        raise DatasetError(f"{name} needs {' and '.join(needed)} in the environment.")
    if not is_usable(name):
        raise DatasetError("ddgs is not installed: pip install 'likeness[ddgs]'.")


@dataclass
class _Searched:
    """One query to one provider. total: how many it will give, as far as is known by now."""

    name: str
    query: str
    options: CollectOptions
    total: int = 0

    def __post_init__(self) -> None:
        self.total = self.options.search.count

    def entries(self) -> Iterator[Entry]:
        provider, wanted = PROVIDERS[self.name], self.options.search
        address = wanted.addresses.get(self.name)
        pictures, asking = fetcher(self.options), _api(self.options, address)
        base = (address or provider.base).rstrip("/")
        one = Search(self.query, wanted.count, wanted.licences, base, partial(_json, asking))
        taken: set[str] = set()
        try:
            for page in provider.search(one):
                self.total = min(wanted.count, page.total or wanted.count)
                for hit in page.hits:
                    if len(taken) >= wanted.count:
                        return
                    if hit.url not in taken:
                        taken.add(hit.url)
                        load = partial(load_picture, pictures, hit.url, self.options)
                        yield Entry(hit.url, load, origin=hit.origin)
                if len(taken) >= wanted.count:
                    return
        except (OSError, ValueError, KeyError, TypeError, AttributeError, PictureTooLarge) as error:
            yield failing(f"{self.name}: {self.query}", _said(error))
        finally:
            self.total = len(taken)


def _entries(plan: Plan, searches: list[_Searched]) -> Iterator[Entry]:
    for one in searches:
        for entry in one.entries():
            plan.total = sum(each.total for each in searches)
            yield entry
    plan.total = sum(each.total for each in searches)


def _api(options: CollectOptions, address: str | None) -> Fetcher:
    """Asks a provider. Its robots.txt is for crawlers, not for who uses its API."""
    plain = fetcher(options, [address] if address else [])
    return dataclasses.replace(
        plain,
        limit=LARGEST_ANSWER,
        accept="application/json",
        wants=lambda kind: True,
        manners=dataclasses.replace(options.manners, robots=None),
    )


def _json(asking: Fetcher, address: str, headers: Mapping[str, str]) -> JsonObject:
    found = json.loads(ask(asking, address, headers).body)
    if not isinstance(found, dict):
        raise ValueError("its answer is no JSON object")
    return found


def _said(error: Exception) -> str:
    if isinstance(error, OSError):
        return brief(error)
    return f"its answer was not understood ({type(error).__name__}: {brief(error)})"
