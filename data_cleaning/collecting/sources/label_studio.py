"""The pictures, and marked parts of pictures, that an export of Label Studio says show a class."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit

from data_cleaning.collecting.entries import (
    CollectOptions,
    Entry,
    Plan,
    fetcher,
    load_picture,
    too_large,
    unwanted,
)
from data_cleaning.errors import DatasetError
from data_cleaning.exchange.label_studio import Box, boxes, chosen, read_export
from data_cleaning.fetching.guarded_fetch import Fetcher
from data_cleaning.imaging.encoding import Part, excerpts
from data_cleaning.json_types import JsonObject

LARGEST_SIDE = 4096  # pixels of a part that was marked
_UPLOADED = re.compile(r"[0-9a-f]{8}-(.+)")  # Label Studio puts eight digits before a file's name


def is_export(source: str) -> bool:
    """Whether a source is a JSON file."""
    return Path(source).is_file() and source.lower().endswith(".json")


def label_studio(source: str, options: CollectOptions) -> Plan:
    """What shows the class that is collected. Files are looked for beside the export.

    Raises DatasetError.
    """
    path = Path(source)
    exported = read_export(path)
    remote = [place for task in exported if (place := _image(task)).startswith("http")]
    if remote and not options.network:
        raise DatasetError(
            f"{path.name} names {len(remote)} addresses. Asking them needs --allow-network."
        )
    export = _Export(path, options, fetcher(options, remote))
    entries = [entry for task in exported for entry in export.entries(task)]
    return Plan(iter(entries), len(entries), web=bool(remote))


class _Export:
    def __init__(self, path: Path, options: CollectOptions, asking: Fetcher) -> None:
        self.path, self.options, self.asking = path, options, asking
        self.files = {file.name: file for file in path.parent.rglob("*") if file.is_file()}

    def entries(self, task: JsonObject) -> Iterator[Entry]:
        place, label = _image(task), self.options.label
        name = f"{self.path.name}:{task.get('id', place)}"
        if label in chosen(task):
            yield Entry(place if place.startswith("http") else name, partial(self._load, place))
        for number, box in enumerate(boxes(task)):
            if box.label != label:
                continue
            part = f"{name}#{number}"
            if box.turned:
                yield unwanted(part, "the part that is marked is turned")
            else:
                yield Entry(part, partial(self._cut, place, box))

    def _cut(self, place: str, box: Box) -> bytes:
        part = Part(*(side / 100 for side in (box.left, box.top, box.width, box.height)))
        cut, _ = next(excerpts(self._load(place), part, (0.0,), LARGEST_SIDE, self.options.picture))
        return cut

    def _load(self, place: str) -> bytes:
        """Raises OSError, PictureTooLarge."""
        if place.startswith("http"):
            return load_picture(self.asking, place, self.options)
        file = next((self.files[name] for name in _names(place) if name in self.files), None)
        if file is None:
            raise OSError(f"{_names(place)[0]} does not lie beside the export")
        if file.stat().st_size > self.options.picture.bytes:
            raise too_large(self.options.picture)
        return file.read_bytes()


def _image(task: JsonObject) -> str:
    """Where a task says its picture is: under `image`, or the first of its data that is text."""
    data = task["data"]
    named = data.get("image") or next((v for v in data.values() if isinstance(v, str)), "")
    return str(named)


def _names(place: str) -> list[str]:
    """What the file may be called: /data/upload/1/0123abcd-a.png, /data/local-files/?d=x/a.png."""
    parts = urlsplit(place)
    path = parse_qs(parts.query).get("d", [parts.path])[0]
    name = unquote(path).rpartition("/")[2]
    uploaded = _UPLOADED.fullmatch(name)
    return [name, uploaded[1]] if uploaded else [name]
