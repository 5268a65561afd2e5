"""Bringing pretrained files onto this machine: download, convert, verify, install.

Downloading is downloads.py's, rewriting formats is converters'. Nothing here loads a network.
"""

from __future__ import annotations

import importlib.metadata
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from data_cleaning.errors import LikenessError, WeightsBroken
from data_cleaning.files import sha256_of_bytes, write
from data_cleaning.pretrained import has_sha256
from data_cleaning.progress import LineCallback
from model.weights.catalogue import WEIGHTS, Weight
from model.weights.downloads import Source, download

CONVERTED_WITH = "onnx==1.23.2"
"""What the converted files' hashes were taken with; 1.17.0 was measured to give the same bytes."""


@dataclass(frozen=True)
class FetchOutcome:
    """How one entry went: it was `present`, is now `installed`, or `failed` for the reason in
    `detail`.
    """

    name: str
    state: Literal["present", "installed", "failed"]
    path: str
    detail: str = ""


def fetch(
    names: Iterable[str], directory: Path, progress: LineCallback = print
) -> list[FetchOutcome]:
    """Bring the named entries, and those they need, into `directory`, and say how each of them
    went.

    Entries already there are left alone. A file appears under its name only when its hash is right;
    one entry's failure does not stop the others. `progress` gets one line of text at a time. Raises
    KeyError for a name that is not in the table.
    """
    with tempfile.TemporaryDirectory(prefix="likeness-weights-") as scratch:
        run = _FetchRun(directory, Path(scratch), progress)
        return [run.bring(WEIGHTS[name]) for name in _with_needs(names)]


def _with_needs(names: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(part for name in names for part in (name, *WEIGHTS[name].needs)))


class _FetchRun:
    """One call of fetch: the folders, and the archives that have been downloaded so far, good or
    bad.
    """

    def __init__(self, directory: Path, scratch: Path, progress: LineCallback) -> None:
        self._directory = directory
        self._scratch = scratch
        self._progress = progress
        self._archives: dict[Source, dict[str, bytes] | LikenessError] = {}

    def bring(self, weight: Weight) -> FetchOutcome:
        path = self._directory / weight.filename
        try:
            if path.exists() and has_sha256(path, weight.sha256):
                self._progress(f"{weight.name}: already at {path}")
                return FetchOutcome(weight.name, "present", str(path))
            finished = self._finished(weight)
            path.parent.mkdir(parents=True, exist_ok=True)
            write(path, finished)
        # What a strange file makes a parser raise cannot be listed, and the next entry must get its
        # turn.
        except Exception as error:
            detail = f"{_sentence(error)}{_by_hand(weight, path)}"
            self._progress(f"{weight.name}: failed: {detail}")
            return FetchOutcome(weight.name, "failed", str(path), detail)
        self._progress(f"{weight.name}: installed at {path}")
        self._progress(f"    licence {weight.licence}; credit {weight.credit}")
        return FetchOutcome(weight.name, "installed", str(path))

    def _finished(self, weight: Weight) -> bytes:
        members = self._members(weight.source)
        # Here, as the converters import onnx, which nothing but fetching needs.
        from model.weights.converters import CONVERTERS

        content = CONVERTERS[weight.converter](members)
        found = sha256_of_bytes(content)
        if found != weight.sha256:
            raise WeightsBroken(
                f"{weight.filename} came out with sha256 {found}, expected {weight.sha256}. The"
                f" download itself was right; converting was checked with {CONVERTED_WITH}, and"
                f" this is onnx=={_version('onnx')}"
            )
        return content

    def _members(self, source: Source) -> dict[str, bytes]:
        """Download a source once a run, however many entries come from it; its failure is
        remembered too.
        """
        if source not in self._archives:
            try:
                self._archives[source] = download(source, self._scratch, self._progress)
            except LikenessError as error:
                self._archives[source] = error
        members = self._archives[source]
        if isinstance(members, LikenessError):
            raise members
        return members


def _sentence(error: Exception) -> str:
    return (
        str(error)
        if isinstance(error, LikenessError | OSError)
        else f"{type(error).__name__}: {error}"
    )


def _by_hand(weight: Weight, path: Path) -> str:
    if weight.source.kind != "url":
        return ""
    return f". By hand: download {weight.source.spec} to {path}; its sha256 must be {weight.sha256}"


def _version(package: str) -> str:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return "none"


def weight_state(weight: Weight, directory: Path) -> str:
    """missing, present, or damaged where the content is another."""
    path = directory / weight.filename
    if not path.exists():
        return "missing"
    return "present" if has_sha256(path, weight.sha256) else "damaged"
