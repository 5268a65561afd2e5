"""The contact sheet: one HTML file on which a person looks at findings and decides.

It needs no server and may load nothing from anywhere: its pictures lie in it. The page is the
template templates/contact_sheet.html; here is what it shows.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib import resources
from pathlib import Path

import cv2
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from data_cleaning.datasets.class_names import NOTHING, UNKNOWN
from data_cleaning.datasets.findings import KINDS, Audit, Finding
from data_cleaning.errors import PictureError
from data_cleaning.files import sha256_of_bytes
from data_cleaning.imaging.decoding import read
from data_cleaning.imaging.encoding import encode
from data_cleaning.imaging.image import Image
from data_cleaning.imaging.resizing import shrink

THUMB = 240  # pixels
EXAMPLES = 4  # pictures that show what a suggested class looks like
_EXAMPLE_SIDE = 96  # pixels


@dataclass(frozen=True)
class Sheet:
    """What the page shows.

    root: the data set. labels_note: a sentence on how labels were checked, or why not. most: of
    each kind, so many pictures at most are shown.
    """

    root: Path
    audit: Audit
    labels_note: str
    most: int = 300


@dataclass(frozen=True)
class Card:
    """One picture on the sheet.

    findings: about it, gravest first. thumbnail: a data URL, or None where it cannot be read.
    opens_group: is it the first of a group of copies?
    """

    findings: Sequence[Finding]
    thumbnail: str | None
    opens_group: bool

    @property
    def file(self) -> str:
        """The picture's name without its folders."""
        return Path(self.findings[0].picture).name

    @property
    def suggestion(self) -> str:
        """The class it may belong to; "" where none was suggested."""
        return next((f.suggestion for f in self.findings if f.suggestion), "")

    @property
    def target(self) -> str:
        """The suggested class, if it is one that can be looked at; else ""."""
        return "" if self.suggestion.startswith("_") else self.suggestion


@dataclass(frozen=True)
class Section:
    """The pictures whose gravest finding is of one kind. total: how many they are, shown or not."""

    kind: str
    total: int
    cards: Sequence[Card]

    @property
    def title(self) -> str:
        return KINDS[self.kind][0]

    @property
    def advice(self) -> str:
        return KINDS[self.kind][1]


def render_sheet(sheet: Sheet) -> str:
    """The whole page as text."""
    audit = sheet.audit
    flagged = sorted({f.picture for f in audit.findings})
    script = resources.files(__package__).joinpath("templates/contact_sheet.js").read_text("utf-8")
    classes = [*audit.classes, *(s for s in (UNKNOWN, NOTHING) if s not in audit.classes)]
    facts = {"classes": classes, "sheet": sha256_of_bytes("".join(flagged).encode())[:16]}
    return (
        _environment()
        .get_template("contact_sheet.html")
        .render(
            policy=Markup(_policy(script)),
            script=Markup(script),
            example_rules=Markup(_example_rules(sheet)),
            name=sheet.root.resolve().name,
            flagged=len(flagged),
            pictures=audit.pictures,
            class_count=len(audit.classes),
            labels_note=sheet.labels_note,
            classes=classes,
            sections=_sections(sheet),
            facts=json.dumps(facts),
        )
    )


def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("data_cleaning.datasets"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters["number"] = _number
    environment.globals |= {"kinds": KINDS, "examples": EXAMPLES}
    return environment


def _policy(script: str) -> str:
    """The page's Content-Security-Policy: pictures that lie in it, and this one script."""
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    return (
        "default-src 'none'; img-src data:; style-src 'unsafe-inline'; script-src"
        f" 'sha256-{digest}'"
    )


def _sections(sheet: Sheet) -> list[Section]:
    """Each picture once, under its gravest finding, in the order of KINDS."""
    by_picture: dict[str, list[Finding]] = {}
    for finding in sheet.audit.findings:  # comes gravest first
        by_picture.setdefault(finding.picture, []).append(finding)
    by_kind: dict[str, list[list[Finding]]] = {}
    for findings in by_picture.values():
        by_kind.setdefault(findings[0].kind, []).append(findings)
    return [
        Section(kind, len(by_kind[kind]), list(_cards(sheet.root, by_kind[kind][: sheet.most])))
        for kind in KINDS
        if kind in by_kind
    ]


def _cards(root: Path, shown: Sequence[Sequence[Finding]]) -> Iterator[Card]:
    previous = None
    for findings in shown:
        group = findings[0].group
        yield Card(findings, _thumbnail(root, findings[0]), group is not None and group != previous)
        previous = group


def _thumbnail(root: Path, finding: Finding) -> str | None:
    """A small copy of the picture as a data URL, with the finding's box; None if unreadable."""
    try:
        image = read(root / finding.picture)
    except (PictureError, OSError):
        return None
    small, factor = shrink(image, THUMB)
    if finding.box is not None:
        small = _framed(small, [round(v * factor) for v in finding.box])
    return _data_url(small)


def _framed(image: Image, box: Sequence[int]) -> Image:
    x, y, width, height = box
    framed = image.copy()
    cv2.rectangle(framed, (x, y), (x + width, y + height), (0, 0, 0), 3)
    cv2.rectangle(framed, (x, y), (x + width, y + height), (255, 255, 255), 1)
    return framed


def _example_rules(sheet: Sheet) -> str:
    """Style rules: pictures of each suggested class as backgrounds, so that each lies here once."""
    findings = sheet.audit.findings
    flagged = {f.picture for f in findings}
    suggested = {f.suggestion for f in findings if f.suggestion and f.suggestion[0] != "_"}
    return "\n".join(
        f".ex-{_number(label)}-{place}{{background-image:url({_data_url(image)})}}"
        for label in sorted(suggested)
        for place, image in enumerate(_examples(sheet.root, label, flagged))
    )


def _examples(root: Path, label: str, flagged: set[str]) -> list[Image]:
    """Small copies of EXAMPLES pictures of a class at most, spread over those without a finding."""
    files = [path for path in sorted((root / label).rglob("*")) if path.is_file()]
    good = [path for path in files if path.relative_to(root).as_posix() not in flagged]
    images: list[Image] = []
    for path in good[:: max(1, len(good) // EXAMPLES)]:
        try:
            images.append(shrink(read(path), _EXAMPLE_SIDE)[0])
        except (PictureError, OSError):
            continue
        if len(images) == EXAMPLES:
            break
    return images


def _number(label: str) -> str:
    """A class as part of a style's name."""
    return sha256_of_bytes(label.encode())[:8]


def _data_url(image: Image) -> str:
    return "data:image/jpeg;base64," + base64.b64encode(encode(image, ".jpg", 72)).decode()
