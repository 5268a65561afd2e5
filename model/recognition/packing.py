"""A skops file without what differs from process to process: addresses of memory, and times."""

from __future__ import annotations

import io
import re
from collections.abc import Mapping
from pathlib import PurePath
from zipfile import ZipFile, ZipInfo

SCHEMA = "schema.json"
IDENTITY = re.compile(r'("__id__": )(\d+)')
FILE = re.compile(r'("file": ")([^"]+)(")')


def repacked(packed: bytes) -> bytes:
    """The same objects: equal ones give equal bytes. packed: what skops.io.dumps returned."""
    to = io.BytesIO()
    with ZipFile(io.BytesIO(packed)) as old, ZipFile(to, "w") as new:
        schema = old.read(SCHEMA).decode()
        names = [name for name in old.namelist() if name != SCHEMA]
        numbered = {name: f"{i}{PurePath(name).suffix}" for i, name in enumerate(names)}
        for name in names:
            new.writestr(ZipInfo(numbered[name]), old.read(name), old.getinfo(name).compress_type)
        kind = old.getinfo(SCHEMA).compress_type
        new.writestr(ZipInfo(SCHEMA), _renamed(schema, numbered), kind)
    return to.getvalue()


def _renamed(schema: str, files: Mapping[str, str]) -> str:
    """Each object numbered by where it comes first, and its file by its new name."""
    identities: dict[str, int] = {}
    for _, identity in IDENTITY.findall(schema):
        identities.setdefault(identity, len(identities))
    schema = IDENTITY.sub(lambda found: f"{found[1]}{identities[found[2]]}", schema)
    return FILE.sub(lambda found: f"{found[1]}{files.get(found[2], found[2])}{found[3]}", schema)
