"""`likeness collect`: pictures into a class, from wherever they are."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import click

from data_cleaning.collecting.collect import RESULTS, CollectedEntry, Collection
from data_cleaning.collecting.entries import (
    CollectOptions,
    FrameOptions,
    PageOptions,
    SearchOptions,
)
from data_cleaning.collecting.sources.licences import WORDS, wanted_codes
from data_cleaning.collecting.sources.providers import PROVIDERS
from data_cleaning.collecting.summary import BAD, NOTICE, sentence, to_json
from data_cleaning.errors import DatasetError
from data_cleaning.fetching.manners import Manners, Pace, Robots
from data_cleaning.imaging.limits import Limits
from data_cleaning.progress import Progress
from likeness.endings import DatasetCommand
from likeness.options import Decorator, Output, Parsed, data, into, options, output
from likeness.printing import Row, print_json, print_names


def _provider(text: str) -> tuple[str, str]:
    name, _, address = text.partition("=")
    if name not in PROVIDERS or not address.startswith(("http://", "https://")):
        raise ValueError(f"{text!r}; write NAME=http://…, NAME one of {', '.join(PROVIDERS)}")
    return name, address


def seconds(least: float, most: float) -> click.FloatRange:
    """A time within limits."""
    return click.FloatRange(least, most)


searching: Decorator = options(
    click.option("--query", multiple=True, metavar="WORDS", help="what to search for; several go"),
    click.option(
        "--count",
        type=click.IntRange(1, 100_000),
        default=100,
        metavar="N",
        help="results taken of each query",
    ),
    click.option(
        "--licence",
        multiple=True,
        type=click.Choice(WORDS),
        metavar="WHICH",
        help=f"only pictures under it: {', '.join(WORDS)}; several narrow it down",
    ),
    click.option(
        "--provider",
        multiple=True,
        type=Parsed("address", _provider),
        metavar="NAME=URL",
        help="a provider at another address than its own, which may be in this network",
    ),
)
walking: Decorator = options(
    click.option(
        "--pages",
        type=click.IntRange(1, 1000),
        default=1,
        metavar="N",
        help="most pages of a gallery, along its links to the next one",
    ),
    click.option(
        "--other-sites", is_flag=True, help="also pictures that a page has from elsewhere"
    ),
    click.option(
        "--interval",
        type=seconds(0, 3600),
        default=1.0,
        metavar="SECONDS",
        help="least time between two requests to a host",
    ),
    click.option("--ignore-robots", is_flag=True, help="for sites of your own"),
    click.option("--contact", default="", help="your address, told to the hosts that are asked"),
    click.option("--allow-network", is_flag=True, help="ask the addresses that a list names"),
    click.option(
        "--allow-private",
        is_flag=True,
        help="also addresses in this network that pages and searches lead to",
    ),
    click.option(
        "--seconds",
        type=seconds(0.1, 3600),
        default=60.0,
        help="most that asking one address may take",
    ),
    click.option(
        "--retries",
        type=click.IntRange(0, 10),
        default=3,
        metavar="N",
        help="further attempts at an address whose host fails for a moment",
    ),
)
filming: Decorator = options(
    click.option(
        "--every",
        type=seconds(0.04, 86400),
        default=1.0,
        metavar="SECONDS",
        help="between two frames of a video or camera",
    ),
    click.option("--scenes", is_flag=True, help="of a video, a frame where the scene changes"),
    click.option(
        "--frames",
        type=click.IntRange(1, 100_000),
        default=100,
        metavar="N",
        help="most frames of a camera",
    ),
)
sizes: Decorator = options(
    click.option(
        "--most-pictures",
        type=click.IntRange(min=0),
        default=0,
        metavar="N",
        help="end when so many were added; 0 is no limit",
    ),
    click.option(
        "--most-bytes",
        type=click.IntRange(min=0),
        default=0,
        metavar="N",
        help="end when so many bytes were added; 0 is no limit",
    ),
    click.option(
        "--without-metadata",
        is_flag=True,
        help="encode pictures anew: no place, time or device comes along",
    ),
    click.option("--megabytes", type=click.IntRange(1, 1024), default=15, help="most of one file"),
    click.option(
        "--pixels",
        type=click.IntRange(1, 400),
        default=40,
        metavar="MILLIONS",
        help="most of one picture",
    ),
)


@dataclass(frozen=True, kw_only=True)
class CollectCommand(Output):
    data: Path
    label: str
    sources: tuple[str, ...]
    from_: tuple[str, ...]
    query: tuple[str, ...]
    count: int
    licence: tuple[str, ...]
    provider: tuple[tuple[str, str], ...]
    pages: int
    other_sites: bool
    interval: float
    ignore_robots: bool
    contact: str
    allow_network: bool
    allow_private: bool
    seconds: float
    retries: int
    every: float
    scenes: bool
    frames: int
    megabytes: int
    pixels: int
    most_pictures: int
    most_bytes: int
    without_metadata: bool
    totals: bool

    def __post_init__(self) -> None:
        if not self.sources and not self.from_:
            raise click.UsageError("Name a SOURCE, or --from SOURCE.")

    @property
    def options(self) -> CollectOptions:
        robots = None if self.ignore_robots else Robots()
        return CollectOptions(
            Limits(pixels=self.pixels * 1_000_000, bytes=self.megabytes * 1024 * 1024),
            network=self.allow_network,
            seconds=self.seconds,
            manners=Manners(Pace(self.interval), robots, self.retries),
            private=self.allow_private,
            contact=self.contact,
            most_pictures=self.most_pictures,
            most_bytes=self.most_bytes,
            without_metadata=self.without_metadata,
            search=SearchOptions(
                tuple(dict.fromkeys(self.query)),
                self.count,
                wanted_codes(self.licence),
                dict(self.provider),
            ),
            page=PageOptions(self.pages, self.other_sites),
            frame=FrameOptions(self.every, self.scenes, self.frames),
        )


@click.command(
    cls=DatasetCommand,
    epilog="Example: likeness collect people ada --from search --query 'Ada Lovelace' --count 50",
)
@data
@click.argument("label", metavar="CLASS")
@click.argument("sources", nargs=-1, metavar="[SOURCE...]")
@click.option("--from", "from_", multiple=True, metavar="SOURCE", help="the same as a SOURCE")
@searching
@walking
@filming
@sizes
@click.option(
    "--totals", is_flag=True, help="with --json: numbers alone, no single picture and no path"
)
@output
@into(CollectCommand)
def collect(options: CollectCommand) -> int:
    """Bring pictures into a class: files, searches, pages, stores, videos, cameras.

    DATA is the data set, made if it is not there; CLASS its folder. A SOURCE is a folder, a zip or
    tar file, a picture, a video, a .txt of addresses, the address of a web page, or who is to be
    searched: openverse, commons, bing, google, ddgs, or search (openverse and commons). Run again,
    it brings only what is new. Ends with 1 where some could not be got or read.
    """
    os.umask(os.umask(0) | 0o027)  # pictures of people are nobody else's business
    collection = Collection.of(
        options.data, options.label, (*options.sources, *options.from_), options.options
    )
    if collection.web:
        click.echo(NOTICE, err=True)
    progress, entries = Progress(options.progress_json), list[CollectedEntry]()
    try:
        progress("collect", 0, collection.total, "Bringing pictures")
        for entry in collection.bring():
            entries.append(entry)
            done = len(entries)
            progress("collect", done, max(done, collection.total), "Bringing pictures")
    except OSError as error:
        where = f": {error.filename}" if error.filename else ""
        raise DatasetError(f"It ended early, {error.strerror or error}{where}.") from error
    finally:
        progress.close()
        if entries or sys.exc_info()[0] is None:  # nothing was brought where nothing could begin
            _print_collected(options, entries)
    return int(any(entry.result in BAD for entry in entries))


def _print_collected(options: CollectCommand, entries: Sequence[CollectedEntry]) -> None:
    if options.as_json:
        report = to_json(entries)
        if not options.totals:
            report["summary"] = sentence(entries, options.data, options.label)
            report["entries"] = [_collected(entry) for entry in entries]
        print_json(report)
        return
    for result, words in RESULTS.items():
        some = [e for e in entries if e.result == result]
        if some and result not in ("added", "already"):
            print(f"{len(some)} {words}:")
            print_names([f"{e.name}{': ' + e.note if e.note else ''}" for e in some])
    print(sentence(entries, options.data, options.label))


def _collected(entry: CollectedEntry) -> Row:
    path = str(entry.path) if entry.path else None
    row: Row = {"name": entry.name, "result": entry.result, "path": path, "note": entry.note}
    return {**row, "near": entry.near} if entry.near else row
