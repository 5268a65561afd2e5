"""Whether the service fetches pictures from addresses, and within what limits. Off by default."""

from __future__ import annotations

import functools

from data_cleaning.errors import FetchRefused
from data_cleaning.fetching.guarded_fetch import Fetcher, may_be_picture
from data_cleaning.fetching.manners import Manners, Pace, Robots
from server.settings import Settings

OFF = "Pictures are not fetched from addresses here. Send the picture itself."


def fetch(url: str, settings: Settings) -> bytes:
    """The picture at an address, if fetching is switched on.

    Raises FetchRefused, PictureTooLarge.
    """
    if not settings.fetch_urls:
        raise FetchRefused(OFF)
    return Fetcher(
        settings.ports,
        settings.picture_bytes,
        settings.fetch_seconds,
        wants=may_be_picture,
        manners=_manners(settings.fetch_interval, settings.fetch_seconds, settings.fetch_robots),
    ).get(url)


@functools.cache
def _manners(interval: float, seconds: float, robots: bool) -> Manners:
    """Shared by all requests of the process. Nothing is tried again: somebody waits."""
    return Manners(Pace(interval, patience=seconds), Robots() if robots else None)
