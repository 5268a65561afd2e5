"""How a host is asked: not faster than it bears, not what it does not want, and again when it says
so.

Nothing is connected to here; the fetcher asks this before it does.
"""

from __future__ import annotations

import email.utils
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from protego import Protego

from data_cleaning.errors import LikenessError

AGAIN = frozenset({408, 429, 500, 502, 503, 504})  # statuses that may be better in a moment
LONGEST_BACK_OFF = 30.0  # seconds between two attempts where the host names none
PATIENCE = 120.0  # seconds that a host may ask us to wait; with more it is left alone
MOST_HOSTS = 1000  # that are remembered; a service asks whatever strangers name
ROBOTS_SECONDS = 24 * 3600.0  # for which a robots.txt holds (RFC 9309)
SILENT_SECONDS = 600.0  # after which one that could not be read is asked for again
LARGEST_ROBOTS = 512 * 1024  # bytes; RFC 9309 asks for 500 KiB at least


class Transient(ValueError):
    """It failed, and may be better in a moment.

    host: who failed. after: seconds that it asked us to wait, or None.
    """

    def __init__(self, text: str, host: str, after: float | None = None) -> None:
        super().__init__(text)
        self.host, self.after = host, after


class Status(ValueError):
    """It answered with a status that is no success and will not become one."""

    def __init__(self, status: int) -> None:
        super().__init__(f"status {status}")
        self.status = status


class Pace:
    """When a host may be asked next. Threads share one.

    interval: least seconds between the end of a request to a host and the next one. The first comes
    no sooner after the start either: the process before this one may have been killed a moment ago.
    """

    def __init__(self, interval: float = 0.0, patience: float = PATIENCE) -> None:
        self.interval, self.patience = interval, patience
        self._begun = time.monotonic()
        self._next: dict[str, float] = {}
        self._guard = threading.Lock()

    def wait(self, host: str, interval: float = 0.0) -> None:
        """Until the host may be asked. interval: what the host itself asks for, where it does.

        Raises ValueError where it wants to be left alone for longer than we wait.
        """
        interval = max(interval, self.interval)
        with self._guard:
            now = time.monotonic()
            at = max(now, self._next.get(host, self._begun + interval))
            if at - now > self.patience:
                raise ValueError(f"{host} asks to be left alone for {at - now:.0f} seconds")
            self._next[host] = at + interval
            self._forget(now)
        if at > now:
            time.sleep(at - now)

    def asked(self, host: str, interval: float = 0.0) -> None:
        """The host has been asked: `wait` counts from now."""
        if max(interval, self.interval) > 0:
            self.put_off(host, max(interval, self.interval))

    def put_off(self, host: str, seconds: float) -> None:
        """Ask the host no sooner than in so many seconds."""
        with self._guard:
            at = time.monotonic() + seconds
            self._next[host] = max(at, self._next.get(host, at))

    def _forget(self, now: float) -> None:
        """Hosts that may be asked at any time need not be remembered."""
        if len(self._next) > MOST_HOSTS:
            self._next = {host: at for host, at in self._next.items() if at > now}


@dataclass(frozen=True)
class Unread:
    """A robots.txt that could not be read, and why."""

    why: str


class Robots:
    """What the robots.txt of each site lets us ask; each is read once a day."""

    def __init__(self) -> None:
        self._known: dict[str, tuple[float, Protego | Unread | None]] = {}

    def check(self, url: str, agent: str, read: Callable[[str], bytes | None]) -> float:
        """Seconds that the site wants between two requests, or 0.

        read: the bytes of a robots.txt, or None where there is none. Raises ValueError where the
        site does not want that address to be asked, or cannot say.
        """
        parts = urlsplit(url)
        origin = f"{parts.scheme}://{parts.netloc}"
        now = time.monotonic()
        read_at, rules = self._known.get(origin, (-ROBOTS_SECONDS, None))
        if now - read_at >= ROBOTS_SECONDS or origin not in self._known:
            rules, read_at = self._read(origin, read)
            if len(self._known) >= MOST_HOSTS:
                self._known.clear()
            self._known[origin] = (read_at, rules)
        if rules is None:
            return 0.0
        if isinstance(rules, Unread):
            raise ValueError(f"the site's robots.txt could not be read: {rules.why}")
        if not rules.can_fetch(url, agent):
            raise ValueError("the site's robots.txt does not want it to be asked by programs")
        return float(rules.crawl_delay(agent) or 0.0)

    def _read(
        self, origin: str, read: Callable[[str], bytes | None]
    ) -> tuple[Protego | Unread | None, float]:
        """The rules of a site, and when they count as read. One that cannot say is not asked."""
        now = time.monotonic()
        try:
            text = read(f"{origin}/robots.txt")
        except (ValueError, OSError, LikenessError) as error:
            return Unread(str(error) or type(error).__name__), (
                now - ROBOTS_SECONDS + SILENT_SECONDS
            )
        return None if text is None else Protego.parse(text.decode("utf-8", "replace")), now


@dataclass(frozen=True)
class Manners:
    """pace: shared by all that ask. robots: obeyed where there is one. retries: further attempts
    at an address whose host fails for a moment.
    """

    pace: Pace = field(default_factory=Pace)
    robots: Robots | None = None
    retries: int = 0


def back_off(attempt: int, after: float | None) -> float:
    """Seconds before the next attempt: what the host said, or twice as long each time."""
    return after if after is not None else min(LONGEST_BACK_OFF, 2.0**attempt)


def retry_after(header: str | None) -> float | None:
    """Seconds that a Retry-After asks for, as a number or a date; None without one."""
    text = (header or "").strip()
    if text.isascii() and text.isdigit():
        return float(text)
    try:
        return max(0.0, email.utils.parsedate_to_datetime(text).timestamp() - time.time())
    except (TypeError, ValueError):
        return None
