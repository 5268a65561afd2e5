"""The source held against tests/import_table.py, and what serving must not load."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from functools import cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

from tests.import_table import EVERYBODY_MAY, TABLE
from tests.support.pictures import needs_yunet

ROOT = Path(__file__).resolve().parent.parent
OURS = ("data_cleaning", "model", "server", "likeness")
FILES = sorted(path for folder in OURS for path in (ROOT / folder).rglob("*.py"))
PACKAGES = {".".join(path.parent.relative_to(ROOT).parts) for path in FILES}
IDS = [str(path.relative_to(ROOT)) for path in FILES]


@cache
def imports(path: Path) -> frozenset[str]:
    """Full names of the modules that a file imports, wherever in the file it does."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            assert node.level == 0, f"{path}: imports are written in full"
            if node.module in PACKAGES:
                names |= {f"{node.module}.{alias.name}" for alias in node.names}
            else:
                names.add(node.module)
    return frozenset(names)


def module_of(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


def package_of(module: str) -> str:
    """The package of a module: the first two parts of its name."""
    return ".".join(module.split(".")[:2])


def row_of(module: str) -> str | None:
    """The row of the table that a module falls under; None for a top package's own sentence."""
    return next(
        (name for name in (package_of(module), module.split(".")[0]) if name in TABLE), None
    )


def is_below(name: str, places: tuple[str, ...]) -> bool:
    return any(name == place or name.startswith(f"{place}.") for place in places)


def breaches(module: str, names: frozenset[str]) -> list[str]:
    """The imports that no row allows."""
    row = row_of(module)
    ours, libraries = TABLE[row] if row else ((), ())
    return [
        name
        for name in sorted(names)
        if not (
            is_below(name, (*ours, *EVERYBODY_MAY, package_of(module)))
            if name.split(".")[0] in OURS
            else name.split(".")[0] in {*sys.stdlib_module_names, *libraries}
        )
    ]


@pytest.mark.parametrize("path", FILES, ids=IDS)
def test_every_import_is_in_the_table(path: Path) -> None:
    assert breaches(module_of(path), imports(path)) == []


def test_every_package_has_a_row_and_every_row_a_package() -> None:
    modules = {module_of(path) for path in FILES}
    rows = {row_of(module) for module in modules if "." in module}
    assert None not in rows
    assert rows == set(TABLE)


def test_the_law_catches_a_breach(tmp_path: Path) -> None:
    breach = tmp_path / "x.py"
    breach.write_text("def f():\n    from model.training import fit\n    import cv2.dnn\n")
    assert imports(breach) == {"model.training.fit", "cv2.dnn"}
    assert breaches("server.web.x", imports(breach)) == ["cv2.dnn", "model.training.fit"]
    assert breaches("model.training.x", imports(breach)) == []


@pytest.mark.parametrize("unit", [package_of, str], ids=["packages", "modules"])
def test_nothing_imports_in_a_circle(unit: object) -> None:
    """Imports inside functions count: a circle that is closed late is one all the same."""
    modules = {module_of(path) for path in FILES}
    graph: dict[str, set[str]] = {}
    for path in FILES:
        here = unit(module_of(path))  # type: ignore[operator]
        there = {known(name, modules) for name in imports(path)} - {""}
        graph.setdefault(here, set()).update(unit(name) for name in there)  # type: ignore[operator]
    for name, targets in graph.items():
        targets.discard(name)
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        pytest.fail(" -> ".join(error.args[1]))


def known(name: str, modules: set[str]) -> str:
    """The module of ours that an import names, which may be a name inside it; "" for a library."""
    while name and name not in modules:
        name = name.rpartition(".")[0]
    return name


@pytest.mark.parametrize("path", FILES, ids=IDS)
def test_pictures_are_decoded_and_resized_in_one_package(path: Path) -> None:
    if path.is_relative_to(ROOT / "data_cleaning" / "imaging"):
        return
    calls = {
        node.func.attr
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)
        if isinstance(node.func.value, ast.Name) and node.func.value.id in ("cv2", "PIL", "Image")
    }
    assert not calls & {"imdecode", "imread", "resize", "open"}


def test_serving_loads_no_training_and_no_plots(tmp_path: Path) -> None:
    """Nor scikit-learn, for none of the shipped models."""
    never = ("model.training", "model.evaluation", "model.reporting", "matplotlib", "seaborn")
    never += ("sklearn", "skops", "scipy.stats", "scipy.optimize", "pandas", "joblib")
    code = f"import sys, server.wsgi; print([m for m in {never!r} if m in sys.modules])"
    run = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        env={**os.environ, "LIKENESS_STATE": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert run.stdout.strip().splitlines()[-1:] == ["[]"], run.stdout + run.stderr


@needs_yunet
def test_an_answer_of_a_modern_model_loads_nothing_of_training(tmp_path: Path) -> None:
    """A start pays for what it loads: for each of these from a tenth of a second to a whole one."""
    never = ("sklearn", "skops", "scipy.stats", "scipy.optimize", "pandas", "joblib", "skimage")
    never += ("pywt", "alembic")
    asked = (
        "import sys; from server.wsgi import app; from model.recognition import golden;"
        " answer = app.test_client().post('/api/predict', data=golden.golden_picture(),"
        " content_type='image/png'); "
        f"print(answer.status_code, [m for m in {never!r} if m in sys.modules])"
    )
    artifacts = tmp_path / "artifacts"
    artifacts.mkdir()
    (artifacts / "modern").symlink_to(ROOT / "artifacts" / "celebrities-modern")
    given = {"STATE": tmp_path / "state", "ARTIFACTS": artifacts, "LOCAL_ROLE": "predict"}
    environment = {f"LIKENESS_{name}": str(value) for name, value in given.items()}
    for _ in range(2):  # the first makes the database, which needs alembic once
        run = subprocess.run(
            [sys.executable, "-c", asked],
            cwd=ROOT,
            env={**os.environ, **environment},
            capture_output=True,
            text=True,
            timeout=300,
        )
    assert run.stdout.strip().splitlines()[-1:] == ["200 []"], run.stdout + run.stderr


def test_the_process_that_trains_in_a_child_stays_small() -> None:
    """It lives as long as a training and needs the memory least; so do the keys at the terminal."""
    code = (
        "import sys, likeness.commands.service; "
        "print([m for m in ('sklearn', 'flask', 'matplotlib') if m in sys.modules])"
    )
    run = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=120
    )
    assert run.stdout.strip() == "[]", run.stdout + run.stderr
