"""What the program imports stands in requirements.txt, pinned: nothing comes along by luck."""

from __future__ import annotations

import ast
import re
import sys
from importlib.metadata import packages_distributions
from pathlib import Path

from tests.support.paths import ROOT

OURS = ("data_cleaning", "model", "server", "likeness")
OPTIONAL = {  # requirements-postgres.txt and their like
    "psycopg",
    "faiss",
    "ddgs",
    "fsspec",
    "dask",
    "distributed",
    "pyarrow",
    "httpx",
    "paho",
    "mlflow",
    "tensorboardX",
}


def imported(path: Path) -> set[str]:
    """The first part of every module that a file imports."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.add(node.module)
    return {name.split(".")[0] for name in names}


def plain(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def test_every_direct_import_is_pinned() -> None:
    files = [path for folder in OURS for path in (ROOT / folder).rglob("*.py")]
    modules = set().union(*map(imported, files)) - {*OURS, *OPTIONAL, *sys.stdlib_module_names}
    lines = (ROOT / "requirements.txt").read_text("utf-8")
    pinned = {plain(name) for name in re.findall(r"^([\w.-]+)==[\w.]+$", lines, re.MULTILINE)}
    providers = packages_distributions()
    assert len(modules) > 20
    assert not [m for m in sorted(modules) if not {plain(p) for p in providers[m]} & pinned]
