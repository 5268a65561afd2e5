"""Which labels are doubtful, as the stair above says: `python -m model labels`, run or read.

See docs/adr/0008.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from data_cleaning import executors
from data_cleaning.datasets.findings import LabelDoubt
from data_cleaning.errors import DatasetError
from data_cleaning.progress import StageCallback


@dataclass(frozen=True)
class LabelCheck:
    """note: a sentence on how the doubts were come by."""

    note: str
    doubts: tuple[LabelDoubt, ...] = ()


def check_labels(data: Path, recipe: str, progress: StageCallback) -> LabelCheck:
    """Run it on a data set; without doubts, and saying why, where it cannot be done."""
    status, answer, complaint = _run(data, recipe, progress)
    if status != 0:
        why = complaint.removeprefix("error: ").rstrip(".")
        return LabelCheck(f"Labels were not checked: {why}. All other checks were made.")
    return read_check(answer)


def _run(data: Path, recipe: str, progress: StageCallback) -> tuple[int, str, str]:
    """Exit status, output and last complaint; its progress is shown as ours."""
    command = [sys.executable, "-m", "model", "labels", str(data), "--json", "--progress-json"]
    command += ["--recipe", recipe]
    if address := executors.current().address:
        command += ["--dask", address]
    with tempfile.TemporaryFile("w+") as answer:
        child = subprocess.Popen(command, stdout=answer, stderr=subprocess.PIPE, text=True)
        try:
            complaint = _listen(child, progress)
            status = child.wait()
        except BaseException:
            child.terminate()
            child.wait()
            raise
        finally:
            if child.stderr:
                child.stderr.close()
        answer.seek(0)
        return status, answer.read(), complaint


def _listen(child: subprocess.Popen[str], progress: StageCallback) -> str:
    """Pass its progress on until it ends; the last line that was none."""
    complaint = ""
    for line in child.stderr or ():
        try:
            step = json.loads(line)
            progress(step["stage"], step["done"], step["total"], step["message"])
        except (ValueError, TypeError, KeyError):
            complaint = line.strip() or complaint
    return complaint


def read_check(text: str) -> LabelCheck:
    """What `python -m model labels --json` printed. Raises DatasetError for anything else."""
    try:
        report = json.loads(text)
        doubts = tuple(LabelDoubt.from_json(row) for row in report["doubts"])
        note = (
            f"{len(doubts)} of {report['pictures']} labels are doubtful to models that had not"
            f" seen the picture; they agree with {report['agreement']:.0%} of all labels, so expect"
            " mistakes of theirs too."
        )
    except (ValueError, KeyError, TypeError) as error:
        raise DatasetError(
            f"This is no output of `python -m model labels --json`: {error}."
        ) from error
    return LabelCheck(note, doubts)
