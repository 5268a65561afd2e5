"""Every picture of a folder asked about, a row a face: for a million of them, and for a power cut.

Rows come in parts, each written aside and then renamed; whatever is in a part is done. The table
itself is put together at the end. Who is stopped or killed goes on with what is in no part yet.
"""

from __future__ import annotations

import contextlib
import csv
import fcntl
import json
import os
import shutil
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import lru_cache, partial
from pathlib import Path
from typing import IO

from data_cleaning.datasets.dataset import may_be_picture
from data_cleaning.errors import InputError, PictureError
from data_cleaning.executors import parallel_map
from data_cleaning.files import write
from data_cleaning.imaging.limits import DISK_LIMITS
from data_cleaning.progress import ProgressCallback
from model.recognition.bundle import Bundle
from model.recognition.predictions import Prediction, Reason, Recognition
from model.recognition.registry import Registry

PICTURES = 200  # of one part at most
SECONDS = 30.0  # after which a part is written, however few there are
UNREADABLE = "unreadable"

Row = dict[str, object]
# Columns and what each holds; the rows of a picture share `picture`.
COLUMNS: Mapping[str, type] = {
    "picture": str,  # path below SOURCE
    "position": int,  # of the face, from 0; -1 where there is none
    "label": str,
    "best": str,
    "probability": float,
    "similarity": float,
    "reason": str,
    "x": int,
    "y": int,
    "width": int,
    "height": int,
    "detection_score": float,
    "picture_width": int,
    "picture_height": int,
    "note": str,
    "model": str,
    "version": int,
}


@dataclass(frozen=True)
class Run:
    """What is asked: by which version, about the pictures of which folder."""

    source: str
    artifacts: str
    model: str
    version: int


@dataclass(frozen=True)
class Done:
    """pictures: how many were asked about now. before: how many were done already."""

    pictures: int
    before: int
    rows: int


def recognise_folder(run: Run, out: Path, progress: ProgressCallback | None = None) -> Done:
    """Ask about every picture below the source, and write the table.

    Raises InputError where there is nothing to do or it cannot be done, BundleError.
    """
    writer = _writer(out)
    pictures = _pictures(Path(run.source))
    if not pictures:
        raise InputError(f"There is no picture in {run.source}.")
    parts = Parts.of(out, run)
    with parts.held():
        done = parts.pictures()
        left = [picture for picture in pictures if picture not in done]
        _bundle(run)  # a model that cannot be loaded fails before the work
        parts.fill(left, run, lambda number: progress and progress(number, len(left)))
        rows = _put_together(out, parts, writer)
        parts.remove()
    return Done(len(left), len(done), rows)


def _pictures(source: Path) -> list[str]:
    """Paths below the source, sorted. Raises InputError."""
    if not source.is_dir():
        raise InputError(f"{source} is not a folder.")
    found = []
    for folder, folders, names in os.walk(source):
        folders[:] = [name for name in folders if not name.startswith(".")]
        below = Path(folder).relative_to(source)
        found += [str(below / name) for name in names if may_be_picture(below / name)]
    return sorted(found)


class Parts:
    """The folder beside the table: run.json says what is asked, part-N.jsonl holds rows."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @classmethod
    def of(cls, out: Path, run: Run) -> Parts:
        """Begin, or go on with the same. Raises InputError where something else was asked."""
        parts = cls(out.with_name(f"{out.name}.parts"))
        known = parts.folder / "run.json"
        if out.exists() and not known.exists():
            raise InputError(f"{out} is there already. Move it away, or name another file.")
        try:
            parts.folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise InputError(f"{parts.folder} cannot be made: {error.strerror}.") from error
        if known.exists() and json.loads(known.read_text()) != asdict(run):
            raise InputError(
                f"{parts.folder} is of another run: {known.read_text()}. Go on with that one, or"
                " delete the folder."
            )
        write(known, json.dumps(asdict(run)))
        return parts

    @contextlib.contextmanager
    def held(self) -> Iterator[None]:
        """For one process at a time. Raises InputError."""
        handle = os.open(self.folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(handle)
            raise InputError(f"Another process writes to {self.folder} just now.") from None
        try:
            yield
        finally:
            os.close(handle)

    def files(self) -> list[Path]:
        """In the order in which they were written."""
        return sorted(self.folder.glob("part-*.jsonl"))

    def rows(self) -> Iterator[list[Row]]:
        """The rows of each part."""
        for path in self.files():
            yield [json.loads(line) for line in path.read_bytes().splitlines()]

    def pictures(self) -> set[str]:
        """Those that are done."""
        return {str(row["picture"]) for rows in self.rows() for row in rows}

    def fill(self, left: Sequence[str], run: Run, progress: Callable[[int], object]) -> None:
        """Ask about what is left, part by part."""
        answers = parallel_map(partial(answer_rows, run=run), left)
        rows: list[Row] = []
        since, begun = 0, time.monotonic()
        with contextlib.closing(answers):  # type: ignore[type-var]  # a generator
            for number, answer in enumerate(answers, 1):
                rows += answer
                progress(number)
                due = number - since >= PICTURES or time.monotonic() - begun > SECONDS
                if due or number == len(left):
                    self._add(rows)
                    rows, since, begun = [], number, time.monotonic()

    def _add(self, rows: Sequence[Row]) -> None:
        last = int(files[-1].stem.removeprefix("part-")) if (files := self.files()) else 0
        lines = [json.dumps(row, ensure_ascii=False) + "\n" for row in rows]
        write(self.folder / f"part-{last + 1:08d}.jsonl", "".join(lines), durable=True)

    def remove(self) -> None:
        """All of it: the table holds the rows."""
        shutil.rmtree(self.folder, ignore_errors=True)


@lru_cache(maxsize=1)
def _bundle(run: Run) -> Bundle:
    """Loaded once in each process that looks at pictures."""
    return Registry(Path(run.artifacts)).load(run.model, run.version)


def answer_rows(picture: str, run: Run) -> list[Row]:
    """The rows of one picture: one for each face, or one that says why there is none."""
    path = Path(run.source) / picture
    try:
        answer = _bundle(run).recognise(path.read_bytes(), DISK_LIMITS)
    except (PictureError, OSError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        return [_row(run, picture, reason=UNREADABLE, note=reason)]
    size: Row = {"picture_width": answer.width, "picture_height": answer.height}
    if not answer.predictions:
        return [_row(run, picture, reason=str(Reason.NOTHING_FOUND), note=answer.note, **size)]
    return [_face(run, picture, answer, i, p) for i, p in enumerate(answer.predictions)]


def _face(run: Run, picture: str, answer: Recognition, position: int, face: Prediction) -> Row:
    box = face.detection
    return _row(
        run,
        picture,
        position=position,
        label=face.label,
        best=face.best,
        probability=float(face.probability),
        similarity=float(face.similarity),
        reason=str(face.reason),
        x=box.x,
        y=box.y,
        width=box.width,
        height=box.height,
        detection_score=float(box.score),
        picture_width=answer.width,
        picture_height=answer.height,
        note=face.note,
    )


def _row(run: Run, picture: str, **known: object) -> Row:
    row: Row = dict.fromkeys(COLUMNS)
    row |= {"picture": picture, "position": -1, "model": run.model, "version": run.version}
    return row | known


Write = Callable[[Path, Iterable[list[Row]]], int]


def _put_together(out: Path, parts: Parts, writer: Write) -> int:
    """Write the table aside, then rename it; how many rows."""
    aside = out.with_name(f".{out.name}.part")
    try:
        rows = writer(aside, parts.rows())
        aside.replace(out)
    finally:
        aside.unlink(missing_ok=True)
    return rows


def _writer(out: Path) -> Write:
    """By the table's ending. Raises InputError for one that is not known, or cannot be written."""
    writers: dict[str, Write] = {
        ".jsonl": _write_jsonl,
        ".csv": _write_csv,
        ".parquet": _write_parquet,
    }
    if out.suffix not in writers:
        raise InputError(f"{out} ends with none of {', '.join(writers)}.")
    if out.suffix == ".parquet":
        try:
            import pyarrow  # noqa: F401
        except ModuleNotFoundError:
            raise InputError(
                "A .parquet table needs the package pyarrow, which is not installed: python -m pip"
                ' install "likeness[parquet]", or -r requirements-parquet.txt in a checkout. .csv'
                " and .jsonl need nothing."
            ) from None
    return writers[out.suffix]


def _write_jsonl(path: Path, parts: Iterable[list[Row]]) -> int:
    with path.open("w", encoding="utf-8") as file:
        return sum(_write_lines(file, rows) for rows in parts)


def _write_lines(file: IO[str], rows: list[Row]) -> int:
    file.writelines(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
    return len(rows)


def _write_csv(path: Path, parts: Iterable[list[Row]]) -> int:
    count = 0
    with path.open("w", encoding="utf-8", newline="") as file:
        table = csv.DictWriter(file, list(COLUMNS))
        table.writeheader()
        for rows in parts:
            table.writerows(rows)
            count += len(rows)
    return count


def _write_parquet(path: Path, parts: Iterable[list[Row]]) -> int:
    import pyarrow as pa
    import pyarrow.parquet as pq

    kinds = {str: pa.string(), int: pa.int32(), float: pa.float64()}
    schema = pa.schema([(name, kinds[kind]) for name, kind in COLUMNS.items()])
    count = 0
    with pq.ParquetWriter(path, schema, compression="zstd") as table:
        for rows in parts:
            table.write_table(pa.Table.from_pylist(rows, schema=schema))
            count += len(rows)
    return count
