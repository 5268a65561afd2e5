"""What a source gives, and what it is told: entries, plans, and the options of a collection.

Nothing is asked, read or stored here, until somebody calls an entry's `load`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from urllib.parse import quote, urlsplit

from data_cleaning.errors import FetchRefused, PictureTooLarge
from data_cleaning.fetching.addresses import any_address, is_public
from data_cleaning.fetching.guarded_fetch import NO_HEADERS, Fetched, Fetcher, may_be_picture
from data_cleaning.fetching.manners import Manners
from data_cleaning.imaging.limits import DEFAULT_LIMITS, Limits

PORTS = (80, 443)  # that an address of a stranger may have
AGENT = "likeness-collect/1.0"


@dataclass(frozen=True)
class SearchOptions:
    """queries: what to search for, one after the other. count: results taken of each. licences:
    codes that a picture may have; empty for all. addresses: of providers, where they are not the
    usual ones.
    """

    queries: tuple[str, ...] = ()
    count: int = 100
    licences: frozenset[str] = frozenset()
    addresses: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class PageOptions:
    """pages: how many are read, along the links to the next one. other_sites: also pictures and
    pages that lie on another site than the first page.
    """

    pages: int = 1
    other_sites: bool = False


@dataclass(frozen=True)
class FrameOptions:
    """every: seconds between two frames of a video or camera. scenes: where the scene changes
    instead. frames: most that are taken of a camera.
    """

    every: float = 1.0
    scenes: bool = False
    frames: int = 100


@dataclass(frozen=True)
class CollectOptions:
    """Limits of a collection, and what its sources are told.

    picture: bytes and pixels of one picture. entries, total: how many entries and bytes, unpacked,
    are taken from one source. network: may the addresses of a list be asked? seconds: for one
    address. manners: how hosts are asked. private: may addresses that strangers wrote lead into
    this network? contact: of whoever collects, told to the hosts. label: the
    class that is collected. most_pictures, most_bytes: how much may be added; 0 is no limit.
    without_metadata: store fresh JPEGs, so that nothing comes along that a file says besides its
    pixels, such as the place where it was taken.
    """

    picture: Limits = DEFAULT_LIMITS
    entries: int = 100_000
    total: int = 20 * 1024**3
    network: bool = False
    seconds: float = 60.0
    manners: Manners = field(default_factory=Manners)
    private: bool = False
    contact: str = ""
    label: str = ""
    most_pictures: int = 0
    most_bytes: int = 0
    without_metadata: bool = False
    search: SearchOptions = field(default_factory=SearchOptions)
    page: PageOptions = field(default_factory=PageOptions)
    frame: FrameOptions = field(default_factory=FrameOptions)


@dataclass(frozen=True)
class Origin:
    """Where on the web a picture stands, and under which conditions; "" for what nobody says.

    page: the page that shows it. licence: its code, as by-sa-4.0, or the words of the provider.
    query: what was searched for.
    """

    page: str = ""
    licence: str = ""
    licence_url: str = ""
    author: str = ""
    title: str = ""
    query: str = ""


@dataclass(frozen=True)
class Entry:
    """One possible picture: what it is called in its source, and how to get its bytes.

    size: bytes, unpacked, as far as the source knows. alike: also taken where it is a near copy of
    another.
    """

    name: str
    load: Callable[[], bytes]
    size: int = 0
    origin: Origin = Origin()
    alike: bool = True


@dataclass
class Plan:
    """The entries of a source. total: how many there will be, as far as is known by now. web:
    whether they are pictures of strangers, to whom rights belong. shown: what the source is called
    before people, where its own name holds a secret.
    """

    entries: Iterator[Entry]
    total: int | None = None
    web: bool = False
    shown: str = ""


class LeftOut(Exception):
    """An entry that is not wanted; the text says why. Raised by its `load`."""


def failing(name: str, reason: str) -> Entry:
    """An entry that says why a source ended early."""

    def fail() -> bytes:
        raise OSError(reason)

    return Entry(name, fail)


def unwanted(name: str, reason: str) -> Entry:
    """An entry that says why something that was found is not taken."""

    def leave() -> bytes:
        raise LeftOut(reason)

    return Entry(name, leave)


def brief(error: Exception) -> str:
    """The first line of an error's message, short enough to show."""
    text = (str(error) or type(error).__name__).splitlines()[0]
    return text if len(text) <= 120 else text[:117] + "..."


def too_large(limits: Limits) -> PictureTooLarge:
    """What is said of a picture of too many bytes."""
    return PictureTooLarge(f"It has more than {limits.bytes:,} bytes, which is what is allowed.")


def fetcher(options: CollectOptions, named: Iterable[str] = ()) -> Fetcher:
    """The fetcher of a collection. named: addresses that the person typed, whose hosts may be in
    this network; whatever these lead to has to be public.
    """
    return Fetcher(
        ports=None if options.private else PORTS,
        limit=options.picture.bytes,
        seconds=options.seconds,
        judge=any_address if options.private else is_public,
        agent=f"{AGENT} ({options.contact})" if options.contact else AGENT,
        wants=may_be_picture,
        trusted=frozenset(_places(named)),
        manners=options.manners,
    )


def load_picture(asking: Fetcher, address: str, options: CollectOptions) -> bytes:
    """The picture at an address. Raises OSError with the reason, PictureTooLarge."""
    try:
        return ask(asking, address).body
    except PictureTooLarge:
        raise too_large(options.picture) from None


def ask(asking: Fetcher, address: str, headers: Mapping[str, str] = NO_HEADERS) -> Fetched:
    """What is at an address. Raises OSError with the reason in words, PictureTooLarge."""
    try:
        return asking.fetch(as_ascii(address), headers)
    except FetchRefused as error:
        reason = error.reason.replace("status ", "it answered ", 1)
        if reason == "time is up":
            reason = f"it took more than {asking.seconds:.0f} seconds"
        raise OSError(reason) from None


def as_ascii(address: str) -> str:
    """An address as people write it, with letters of any language, as a server takes it."""
    try:
        parts = urlsplit(address)
        host = parts.netloc if parts.netloc.isascii() else parts.netloc.encode("idna").decode()
    except ValueError:  # the fetcher says what is wrong with it
        return address
    return quote(parts._replace(netloc=host).geturl(), safe="!#$%&'()*+,/:;=?@[]~")


def _places(addresses: Iterable[str]) -> Iterator[str]:
    """`host:port` of each address that has one."""
    for address in addresses:
        try:
            parts = urlsplit(as_ascii(address))
            port = parts.port or {"https": 443}.get(parts.scheme, 80)
        except ValueError:  # the fetcher refuses it
            continue
        yield f"{parts.hostname}:{port}"
