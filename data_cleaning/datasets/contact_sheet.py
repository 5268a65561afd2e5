"""The contact sheet: one HTML file on which a person looks at findings and decides.

It needs no server.

What is shown is escaped, and the page may load nothing from anywhere: its pictures lie in it.
"""

from __future__ import annotations

import base64
import hashlib
import html
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any

import cv2

from data_cleaning.datasets.audit import KINDS, Finding
from data_cleaning.datasets.dataset import NOTHING, UNKNOWN
from data_cleaning.errors import PictureError
from data_cleaning.files import sha256_of_bytes
from data_cleaning.imaging.decoding import read
from data_cleaning.imaging.encoding import encode
from data_cleaning.imaging.image import Image
from data_cleaning.imaging.resizing import shrink

THUMB = 240  # pixels
EXAMPLES = 4  # pictures that show what a suggested class looks like


@dataclass(frozen=True)
class Sheet:
    """What the page shows.

    root: the data set. report: as `audit.audit_report` gives it. findings: gravest first.
    labels_note: a sentence on how labels were checked, or why not. most: of each kind, so many
    pictures at most are shown.
    """

    root: Path
    report: Mapping[str, Any]
    findings: Sequence[Finding]
    labels_note: str
    most: int = 300


def render_sheet(sheet: Sheet) -> str:
    """The whole page as text."""
    sections = _sections(sheet.findings)
    flagged = {f.picture for f in sheet.findings}
    style, script = _asset("contact_sheet.css"), _asset("contact_sheet.js")
    body = "".join(_section(sheet, kind, rows) for kind, rows in sections.items())
    classes = [
        *sheet.report["classes"],
        *(s for s in (UNKNOWN, NOTHING) if s not in sheet.report["classes"]),
    ]
    facts = {
        "classes": classes,
        "sheet": sha256_of_bytes("".join(sorted(flagged)).encode())[:16],
    }
    return _PAGE.format(
        policy=(
            "default-src 'none'; img-src data:; style-src 'unsafe-inline'; script-src"
            f" 'sha256-{_sha(script)}'"
        ),
        style=style + _examples(sheet),
        script=script,
        name=html.escape(sheet.root.resolve().name),
        intro=_intro(sheet, len(flagged)),
        menu="".join(_menu_entry(kind, rows) for kind, rows in sections.items()),
        labels="".join(f"<option>{html.escape(c)}</option>" for c in classes),
        body=body
        or '<p class="empty">Nothing to look at: no problem was found, or all is decided.</p>',
        facts=html.escape(json.dumps(facts), quote=True),
    )


def _sections(findings: Sequence[Finding]) -> dict[str, list[list[Finding]]]:
    """Each picture once, under its gravest finding: {kind: [findings of a picture, gravest first]}."""
    of: dict[str, list[Finding]] = {}
    for finding in findings:  # comes gravest first
        of.setdefault(finding.picture, []).append(finding)
    sections: dict[str, list[list[Finding]]] = {}
    for findings in of.values():
        sections.setdefault(findings[0].kind, []).append(findings)
    return {kind: sections[kind] for kind in KINDS if kind in sections}


def _intro(sheet: Sheet, flagged: int) -> str:
    total = sheet.report["pictures"]
    words = (
        f"{flagged} of {total} pictures in {len(sheet.report['classes'])} classes are worth a look."
        " Nothing was changed. Decide here, save, and training will obey; a picture that you leave"
        " alone stays as it is."
    )
    note = f"<p>{html.escape(sheet.labels_note)}</p>" if sheet.labels_note else ""
    return f"<p>{html.escape(words)}</p>{note}"


def _menu_entry(kind: str, rows: Sequence[Any]) -> str:
    return f'<a href="#{kind}">{html.escape(KINDS[kind][0])} <b>{len(rows)}</b></a>'


def _section(sheet: Sheet, kind: str, rows: Sequence[Sequence[Finding]]) -> str:
    title, advice = KINDS[kind]
    shown = rows[: sheet.most]
    more = (
        f"<p>{len(rows) - len(shown)} more are in findings.json.</p>"
        if len(rows) > len(shown)
        else ""
    )
    first = (
        ' <button type="button" data-bulk="first">Keep the first of each group</button>'
        if kind == "near"
        else ""
    )
    cards, group = [], None
    for findings in shown:
        number = findings[0].group
        if number is not None and number != group:
            cards.append(f'<h3 class="group">Copies, group {number}</h3>')
        group = number
        cards.append(_card(sheet, findings))
    return (
        f'<section id="{kind}"><header><h2>{html.escape(title)}'
        f' <small>{len(rows)}</small></h2><p>{html.escape(advice)}</p><p class="bulk"><button'
        ' type="button" data-bulk="keep">Keep all that are open</button> <button type="button"'
        f' data-bulk="reject">Reject all that are open</button>{first}</p></header><div'
        f' class="cards">{"".join(cards)}</div>{more}</section>'
    )


def _card(sheet: Sheet, findings: Sequence[Finding]) -> str:
    first = findings[0]
    suggestion = next((f.suggestion for f in findings if f.suggestion), "")
    label, name, other = (html.escape(text) for text in (first.label, first.picture, suggestion))
    badges = "".join(
        f'<li class="{f.kind}">{html.escape(KINDS[f.kind][0])}</li>' for f in findings[1:]
    )
    notes = " ".join(html.escape(f.note) for f in findings)
    stays = first.label.startswith("_")
    there = (
        f'<button type="button" data-do="move" data-to="{other}" aria-pressed="false">Move to'
        f" {other}</button>"
    )
    there = there if other and not other.startswith("_") else ""
    refuse = (
        ""
        if stays
        else f'<button type="button" data-do="not" aria-pressed="false">Not {label}</button>'
    )
    return (
        f'<article data-sha="{first.sha256}" data-label="{label}" data-suggestion="{other}" '
        f'data-group="{first.group or ""}">'
        f"{_thumbnail(sheet.root / first.picture, first)}"
        f"<h4>{label}</h4><p class='file'"
        f" title='{name}'>{html.escape(Path(first.picture).name)}</p>"
        f"<p class='note'>{notes}</p>{_comparison(suggestion)}<ul class='badges'>{badges}</ul>"
        f'<div class="choices" role="group" aria-label="{name}">'
        '<button type="button" data-do="keep" aria-pressed="false">Keep</button>'
        '<button type="button" data-do="reject" aria-pressed="false">Reject</button>'
        f"{there}{refuse}"
        '<select data-do="move" aria-label="Move to"><option value="">Move to …</option></select>'
        "</div></article>"
    )


def _thumbnail(path: Path, finding: Finding) -> str:
    try:
        image = read(path)
    except (PictureError, OSError):
        return '<div class="thumb none">no picture</div>'
    small, factor = shrink(image, THUMB)
    if finding.box is not None:
        small = _framed(small, [round(v * factor) for v in finding.box])
    alt = html.escape(f"{finding.label}: {Path(finding.picture).name}", quote=True)
    return f'<div class="thumb"><img loading="lazy" alt="{alt}" src="{_data(small)}"></div>'


def _framed(image: Image, box: Sequence[int]) -> Image:
    x, y, width, height = box
    framed = image.copy()
    cv2.rectangle(framed, (x, y), (x + width, y + height), (0, 0, 0), 3)
    cv2.rectangle(framed, (x, y), (x + width, y + height), (255, 255, 255), 1)
    return framed


def _comparison(suggestion: str) -> str:
    """Pictures of the suggested class to compare with, as backgrounds: so each lies in the page
    once.
    """
    if not suggestion or suggestion.startswith("_"):
        return ""
    number = sha256_of_bytes(suggestion.encode())[:8]
    boxes = "".join(f'<i class="ex ex-{number}-{n}"></i>' for n in range(EXAMPLES))
    return f'<div class="compare"><span>{html.escape(suggestion)}:</span>{boxes}</div>'


def _examples(sheet: Sheet) -> str:
    flagged = {f.picture for f in sheet.findings}
    rules = []
    for label in sorted(
        {f.suggestion for f in sheet.findings if f.suggestion and not f.suggestion.startswith("_")}
    ):
        number = sha256_of_bytes(label.encode())[:8]
        folder = sheet.root / label
        good = [
            p
            for p in sorted(folder.rglob("*"))
            if p.is_file() and p.relative_to(sheet.root).as_posix() not in flagged
        ]
        shown = 0
        for path in good[:: max(1, len(good) // EXAMPLES)]:
            try:
                small, _ = shrink(read(path), 96)
            except (PictureError, OSError):
                continue
            rules.append(f".ex-{number}-{shown}{{background-image:url({_data(small)})}}")
            shown += 1
            if shown == EXAMPLES:
                break
    return "\n".join(rules)


def _data(image: Image) -> str:
    return "data:image/jpeg;base64," + base64.b64encode(encode(image, ".jpg", 72)).decode()


def _sha(script: str) -> str:
    return base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()


def _asset(name: str) -> str:
    return resources.files("data_cleaning.datasets").joinpath(name).read_text("utf-8")


_PAGE = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="{policy}">
<title>Pictures to review: {name}</title>
<style>{style}</style>
<body data-facts="{facts}">
<header class="top"><h1>Pictures to review: {name}</h1>{intro}<nav aria-label="Problems">{menu}</nav></header>
<div class="bar" role="region" aria-label="Decisions">
<label>Show <select id="class"><option value="">all classes</option>{labels}</select></label>
<label><input type="checkbox" id="open"> only open ones</label>
<output id="state" aria-live="polite"></output>
<button type="button" id="save" disabled>Save decisions</button>
</div>
<noscript><p class="empty">Deciding needs JavaScript; looking does not.</p></noscript>
<p id="saved" class="empty" hidden>Saved as decisions.jsonl, where your browser puts downloads. Now run:
<code>python -m data_cleaning review DATA decisions.jsonl</code></p>
<main>{body}</main>
<footer>This page holds small copies of the pictures: treat it as you treat them.</footer>
<script>{script}</script>
</body>
</html>
"""
