"""The pictures at a place in an object store, as s3://bucket/people/ada."""

from __future__ import annotations

from functools import partial

from data_cleaning.collecting.entries import CollectOptions, Entry, Plan, too_large
from data_cleaning.collecting.sources.files import may_be_picture_file
from data_cleaning.errors import DatasetError, StoreFailed
from data_cleaning.objectstore.store import ObjectStore


def store(source: str, options: CollectOptions) -> Plan:
    """Every file below the place. Raises DatasetError where it cannot be read."""
    try:
        place = ObjectStore(source)
        files = {name: file for name, file in place.files().items() if may_be_picture_file(name)}
    except StoreFailed as error:
        raise DatasetError(str(error)) from error
    entries = (
        Entry(f"{place.url}/{name}", partial(_load, place, name, options), file.size)
        for name, file in sorted(files.items())
    )
    return Plan(entries, len(files))


def _load(place: ObjectStore, name: str, options: CollectOptions) -> bytes:
    """Raises OSError, PictureTooLarge."""
    try:
        data = place.read(name, options.picture.bytes + 1)
    except StoreFailed as error:
        raise OSError(str(error)) from error
    if len(data) > options.picture.bytes:
        raise too_large(options.picture)
    return data
