"""Whether the service fetches pictures from addresses, and within what limits. Off by default."""

from __future__ import annotations

from data_cleaning.errors import FetchRefused
from data_cleaning.fetching.guarded_fetch import Fetcher
from server.settings import Settings

OFF = "Pictures are not fetched from addresses here. Send the picture itself."


def fetch(url: str, settings: Settings) -> bytes:
    """The picture at an address, if fetching is switched on.

    Raises FetchRefused, PictureTooLarge.
    """
    if not settings.fetch_urls:
        raise FetchRefused(OFF)
    return Fetcher(settings.ports, settings.picture_bytes, settings.fetch_seconds).get(url)
