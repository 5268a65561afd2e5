"""Another name for a class of a data set: its folder, and what was decided to show it.

Pictures move and nothing else happens to them. Two classes become one where the name is there.
"""

from __future__ import annotations

import csv
import io
from dataclasses import replace
from pathlib import Path

from data_cleaning.datasets.dataset import GROUPS, Dataset
from data_cleaning.datasets.decisions import Decision
from data_cleaning.datasets.delete_class import lies_elsewhere, move_to_class
from data_cleaning.errors import DatasetError
from data_cleaning.files import sha256_of_file, write


def rename_class(dataset: Dataset, old: str, new: str) -> int:
    """Call a class otherwise; how many pictures lay in its folder.

    Where both have the very picture under one file name, one stays. Raises DatasetError for a
    folder that is a link: what it leads to is no part of the data set.
    """
    if lies_elsewhere(dataset, old) or lies_elsewhere(dataset, new):
        raise DatasetError(f"The class {old!r} or {new!r} is a link to another folder.")
    pictures = dataset.pictures(old)
    folder, home = dataset.root / old, dataset.root / new
    if folder.is_dir() and not home.exists():
        folder.rename(home)
    elif folder.is_dir():
        _merge(dataset, folder, pictures, new)
    dataset.rewrite(lambda decision: _renamed(decision, old, new))
    _rename_groups(dataset.root / GROUPS, old, new)
    return len(pictures)


def _merge(dataset: Dataset, folder: Path, pictures: list[Path], new: str) -> None:
    for path in pictures:
        move_to_class(dataset, path, new, sha256_of_file(path))
        path.unlink(missing_ok=True)  # where the very picture was there
    inside = sorted((path for path in folder.rglob("*") if path.is_dir()), reverse=True)
    for directory in (*inside, folder):
        if not any(directory.iterdir()):
            directory.rmdir()


def _renamed(decision: Decision, old: str, new: str) -> Decision:
    return replace(
        decision,
        label=new if decision.label == old else decision.label,
        to=new if decision.to == old else decision.to,
    )


def _rename_groups(path: Path, old: str, new: str) -> None:
    """The files of groups.csv, which names them as <class>/<picture>."""
    if not path.is_file():
        return
    heading, *lines = csv.reader(path.read_text("utf-8-sig").splitlines())
    if "file" not in heading:
        return
    column = heading.index("file")
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(heading)
    for line in lines:
        if len(line) > column and line[column].startswith(f"{old}/"):
            line[column] = f"{new}/{line[column].removeprefix(f'{old}/')}"
        writer.writerow(line)
    write(path, out.getvalue())
