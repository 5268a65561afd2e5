"""Executes the notebooks of docs/notebooks, once for each state of the code.

`make docs`, `make notebooks` and the tests ask here, and share what lies in var/notebooks. The
sources hold no outputs. Needs requirements-docs.txt.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import sys
import time
from pathlib import Path

import jupytext
import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError
from nbformat import NotebookNode

ROOT = Path(__file__).resolve().parents[2]
SOURCES = ROOT / "docs" / "notebooks"
RESULTS = ROOT / "var" / "notebooks"
MINUTES = 10  # a cell that takes longer is stuck
QUIET = ["--log-level=ERROR"]
KERNEL = {"name": "python3", "display_name": "Python 3", "language": "python"}


def names() -> list[str]:
    """Names of the notebooks, in the order that they are read in."""
    return [path.stem for path in sorted(SOURCES.glob("[0-9]*.py"))]


def read(text: str, execute: bool = True) -> NotebookNode:
    """A notebook's source as a notebook, with its outputs where `execute` says so.

    Raises CellExecutionError where a cell fails.
    """
    notebook = jupytext.reads(text, fmt="py:percent")
    notebook.metadata["kernelspec"] = KERNEL
    notebook.metadata.setdefault("language_info", {"name": "python"})
    return executed(notebook, _name(text), _state(text)) if execute else notebook


def executed(notebook: NotebookNode, name: str, state: str) -> NotebookNode:
    """The notebook with its outputs: those of var/notebooks where nothing changed since."""
    path = RESULTS / f"{name}.ipynb"
    if path.is_file():
        before = nbformat.read(path, as_version=4)
        if before.metadata.get("likeness") == state:
            return before
    RESULTS.mkdir(parents=True, exist_ok=True)
    print(f"executing docs/notebooks/{name}.py ...", file=sys.stderr, flush=True)
    started = time.monotonic()
    client = NotebookClient(
        notebook,
        timeout=60 * MINUTES,
        kernel_name=KERNEL["name"],
        resources={"metadata": {"path": str(SOURCES)}},
        extra_arguments=QUIET,
    )
    client.execute(env=_environment())
    notebook.metadata["likeness"] = state
    part = path.with_suffix(f".{os.getpid()}.part")
    nbformat.write(notebook, part)
    part.replace(path)
    print(f"  {time.monotonic() - started:.0f} s", file=sys.stderr, flush=True)
    return notebook


def _environment() -> dict[str, str]:
    """This checkout's code comes first, charts go into the notebook, and nothing is written into
    anybody's home.
    """
    private = {
        "PYTHONPATH": str(ROOT),
        "MPLBACKEND": "module://matplotlib_inline.backend_inline",
        "OMP_NUM_THREADS": "1",
        "IPYTHONDIR": str(RESULTS / ".ipython"),
        "PYDEVD_DISABLE_FILE_VALIDATION": "1",
    }
    return {**os.environ, **private}


def _name(text: str) -> str:
    """Which notebook a source is."""
    for path in SOURCES.glob("[0-9]*.py"):
        if path.read_text("utf-8") == text:
            return path.stem
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def _state(text: str) -> str:
    """A digest of all that an output depends on: source, code, libraries, pictures and networks."""
    found = hashlib.sha256(text.encode())
    folders = (SOURCES, ROOT / "data_cleaning", ROOT / "model")
    helpers = [path for folder in folders for path in folder.rglob("*.py")]
    for path in sorted({*helpers, ROOT / "requirements.txt"} - set(SOURCES.glob("[0-9]*.py"))):
        found.update(path.read_bytes())
    weights = Path(os.environ.get("LIKENESS_WEIGHTS") or "~/.cache/likeness/weights").expanduser()
    for folder in (weights, Path(os.environ.get("LIKENESS_TEST_DATA") or weights)):
        found.update(repr(sorted(path.name for path in folder.glob("*"))).encode())
    return found.hexdigest()


def main() -> int:
    """Execute those that are named, or all; print where each lies."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(names())}")
    wished = parser.parse_args().names or names()
    unknown = sorted(set(wished) - set(names()))
    if unknown:
        parser.error(f"there is no {', '.join(unknown)}; there are {', '.join(names())}")
    for name in wished:
        try:
            read((SOURCES / f"{name}.py").read_text("utf-8"))
        except CellExecutionError as error:
            print(f"docs/notebooks/{name}.py failed.\n{error}", file=sys.stderr)
            return 1
        print(RESULTS / f"{name}.ipynb")
    return 0


if __name__ == "__main__":
    sys.exit(main())
