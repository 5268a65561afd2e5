"""A report's files: its plain data, and its pages."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from data_cleaning.files import write
from model.evaluation.plain_data import to_plain
from model.reporting.report import Report, Thumbnail


def report_files(report: Report, thumbnails: Sequence[Thumbnail | None]) -> dict[str, str | bytes]:
    """report.json, report.html and report.pdf; and, unless the report is private,
    report-public.html without its small pictures.
    """
    from model.reporting.html_report import page  # matplotlib takes a second to load
    from model.reporting.one_page.page import one_page

    data = report.to_json()
    pages: dict[str, str | bytes] = {
        "report.html": page(data, to_plain(thumbnails)),
        "report.pdf": one_page(data),
    }
    if not report.private:
        pages["report-public.html"] = page({**data, "private": True})
    return {"report.json": json.dumps(data, indent=1, ensure_ascii=False), **pages}


def write_report(path: Path, report: Report, thumbnails: Sequence[Thumbnail | None]) -> None:
    """The page alone, written aside, then renamed."""
    from model.reporting.html_report import page

    path.parent.mkdir(parents=True, exist_ok=True)
    write(path, page(report.to_json(), to_plain(thumbnails)))
