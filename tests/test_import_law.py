"""Who may import whom (docs/adr/0001), read from the source with `ast`; and what must not be loaded
to serve.
"""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
OURS = {"data_cleaning", "model", "server", "likeness"}
MAY = {
    "data_cleaning": {"numpy", "cv2", "scipy", "PIL", "pillow_heif", "tqdm", "onnxruntime",
        "jinja2", "markupsafe"},
    "model": {
        "numpy", "cv2", "scipy", "pywt", "skimage", "sklearn", "skops", "onnx", "onnxruntime", "skl2onnx", "matplotlib",
        "seaborn", "joblib", "threadpoolctl", "tqdm", "jinja2", "markupsafe",
    },
    "server": {
        "flask", "flask_openapi3", "pydantic", "pydantic_core", "werkzeug", "sqlalchemy", "alembic", "prometheus_client", "requests",
        "urllib3", "gunicorn", "psycopg", "itsdangerous", "jinja2", "markupsafe", "onnxruntime",
    },
    "likeness": {"click", "sqlalchemy"},
}  # fmt: skip
OURS_MAY = {
    "likeness": OURS,
    "data_cleaning": {"data_cleaning"},
    "model": {"model", *(f"data_cleaning.{m}" for m in
        ("errors", "files", "json_types", "progress", "imaging", "detection", "onnx_inference", "pretrained", "datasets"))},
    "server": {"server", "model.recognition.registry", "model.recognition.bundle", "model.recognition.explain",
        "model.recognition.predictions", "model.recognition.manifest", "model.recognition.protocols", "model.recipes.presets",
        "data_cleaning.errors", "data_cleaning.files", "data_cleaning.json_types",
        *(f"data_cleaning.datasets.{m}" for m in ("class_names", "dataset", "decisions", "delete_class")),
        "data_cleaning.imaging", "data_cleaning.fetching"},
}  # fmt: skip
FILES = sorted(p for folder in OURS for p in (ROOT / folder).rglob("*.py"))


def imports(path: Path) -> set[str]:
    """Full names of the modules that a file imports, wherever in the file it does."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            assert node.level == 0, f"{path}: imports are written in full"
            packages = {
                ".".join(p.parent.relative_to(ROOT).parts) for p in FILES if p.name == "__init__.py"
            }
            found |= (
                {f"{node.module}.{a.name}" for a in node.names}
                if node.module in packages
                else {node.module}
            )
    return found


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(ROOT)))
def test_every_import_is_in_the_table(path: Path) -> None:
    folder = path.relative_to(ROOT).parts[0]
    for name in imports(path):
        top = name.split(".")[0]
        if top in OURS:
            allowed = any(name == law or name.startswith(law + ".") for law in OURS_MAY[folder])
            # `python -m model` and its like are the front door under an older name.
            allowed |= path.name == "__main__.py" and name == "likeness.cli"
        else:
            allowed = top in sys.stdlib_module_names or top in MAY[folder]
        assert allowed, f"{path.relative_to(ROOT)} imports {name}: not allowed in {folder}"


def test_the_law_catches_a_breach(tmp_path: Path) -> None:
    breach = tmp_path / "x.py"
    breach.write_text("def f():\n    from model.training import fit\n    import cv2.dnn\n")
    assert imports(breach) == {"model.training.fit", "cv2.dnn"}


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(ROOT)))
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
    code = (
        "import sys, server.wsgi; "
        "print([m for m in ('model.training.fit', 'matplotlib', 'seaborn') if m in sys.modules])"
    )
    environment = {**os.environ, "LIKENESS_STATE": str(tmp_path)}
    run = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert run.stdout.strip().splitlines()[-1:] == ["[]"], run.stdout + run.stderr


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
