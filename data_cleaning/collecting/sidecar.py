"""What was brought into a data set and from where: sources.jsonl, one line a picture.

A line names its picture by the sha256 of its bytes. Pictures and decisions are not touched here.
"""

from __future__ import annotations

import base64
import json
import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from data_cleaning.collecting.entries import Origin
from data_cleaning.datasets.delete_class import SOURCES
from data_cleaning.imaging.near_duplicates import HASH_BYTES

Look = NDArray[np.uint8]  # a difference hash


@dataclass
class Sidecar:
    """The lines about one class of a data set.

    asked: addresses whose pictures are known. looks: {sha256: difference hash} of the pictures that
    were brought. web: whether one came from the web before, whatever its class.
    """

    path: Path
    label: str
    asked: set[str] = field(default_factory=set)
    noted: set[str] = field(default_factory=set)
    looks: dict[str, Look] = field(default_factory=dict)
    web: bool = False

    @classmethod
    def of(cls, root: Path, label: str) -> Sidecar:
        """Read what was brought before."""
        sidecar = cls(root / SOURCES, label)
        for line in sidecar._lines():
            sidecar._learn(line)
        return sidecar

    def note(
        self,
        name: str,
        source: str,
        digest: str,
        origin: Origin,
        look: Look | None = None,
        near: str = "",
    ) -> None:
        """One line: a picture that was brought, or without `look` one that was there already.

        near: sha256 of the picture in the class that it is a near copy of.
        """
        known = {key: value for key, value in vars(origin).items() if value}
        line: dict[str, object] = {
            "time": datetime.now(UTC).isoformat(timespec="seconds"),
            "sha256": digest,
            "label": self.label,
            "source": source,
            "name": name,
            **known,
        }
        if near:
            line["near"] = near
        if look is not None:
            line["look"] = base64.b64encode(look.tobytes()).decode()
        else:
            line["brought"] = False
        text = json.dumps(line, ensure_ascii=False) + "\n"
        with self.path.open("ab+") as file:
            # What a power cut left of a line ends here; whoever reads passes over it.
            end = file.seek(0, os.SEEK_END)
            file.seek(max(0, end - 1))
            whole = file.read(1) in (b"", b"\n")
            file.write((text if whole else f"\n{text}").encode())
        self._learn(line)

    def _learn(self, line: dict[str, object]) -> None:
        name, digest, look = str(line["name"]), str(line["sha256"]), line.get("look")
        self.web = self.web or name.startswith(("http://", "https://"))
        if line["label"] != self.label:
            return
        if "://" in name:
            self.asked.add(name)
        if line.get("brought", True):
            self.noted.add(digest)
        if isinstance(look, str):
            bits = np.frombuffer(base64.b64decode(look), np.uint8)
            if len(bits) == HASH_BYTES:
                self.looks[digest] = bits

    def _lines(self) -> Iterator[dict[str, object]]:
        if not self.path.exists():
            return
        for text in self.path.read_bytes().split(b"\n"):
            try:
                line = json.loads(text)
                if {"name", "sha256", "label"} <= line.keys():
                    yield line
            except (ValueError, AttributeError):
                continue  # not ours: its picture is known by its bytes all the same
