"""A report's files: its plain data, and its pages."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from data_cleaning.files import write
from model.evaluation.plain_data import to_plain
from model.reporting.report import ReportMaterial
from model.workflows.tasks import AnyTask


def report_files(task: AnyTask, material: ReportMaterial[Any, Any]) -> dict[str, str]:
    """report.json and report.html; and, unless the report is private, report-public.html without
    its small pictures.
    """
    from model.reporting.html_report import page  # matplotlib takes a second to load

    report = task.report(material).to_json()
    pages = {"report.html": page(report, to_plain(task.thumbnails(material)))}
    if not material.private:
        pages["report-public.html"] = page({**report, "private": True})
    return {"report.json": json.dumps(report, indent=1, ensure_ascii=False), **pages}


def write_report(path: Path | None, task: AnyTask, material: ReportMaterial[Any, Any]) -> None:
    """The page alone, written aside, then renamed; nothing where no path is given."""
    if path is None:
        return
    from model.reporting.html_report import page

    path.parent.mkdir(parents=True, exist_ok=True)
    write(path, page(task.report(material).to_json(), to_plain(task.thumbnails(material))))
