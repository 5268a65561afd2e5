"""The notebooks run, and what their text says of figures holds for the figures that they print.

`make docs` may have executed them already; what lies in var/notebooks is taken where nothing has
changed since.
"""

from __future__ import annotations

import importlib.util
import json
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.support.paths import ROOT

SOURCES = ROOT / "docs" / "notebooks"
NAMES = sorted(path.stem for path in SOURCES.glob("[0-9]*.py"))
RUNNER = ROOT / "deploy" / "checkout" / "notebooks.py"
SECONDS = 1200  # far more than any takes: a kernel that hangs must not hang the suite

pytestmark = pytest.mark.skipif(
    not all(importlib.util.find_spec(name) for name in ("jupytext", "nbclient", "ipykernel")),
    reason="jupytext, nbclient and ipykernel are not installed: make docs",
)


def run(*options: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(RUNNER), *options]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=SECONDS)


def cells_of(name: str) -> list[dict[str, Any]]:
    """The cells of a notebook, executed."""
    done = run(name)
    assert done.returncode == 0, done.stderr
    return json.loads(Path(done.stdout.strip()).read_text("utf-8"))["cells"]


def printed(cells: list[dict[str, Any]]) -> str:
    outputs = [output for cell in cells for output in cell.get("outputs", [])]
    return "".join("".join(o["text"]) for o in outputs if o.get("name") == "stdout")


def numbers(pattern: str, text: str) -> list[float]:
    """The groups of the one place that a pattern matches, as numbers."""
    found = re.search(pattern, text)
    assert found, f"{pattern!r} is not in:\n{text}"
    return [float(group) for group in found.groups()]


def cleaning(text: str) -> None:
    assert "1 face, " in text
    looked_at, kept, fewer, missed = numbers(
        r"of (\d+) faces: (\d+) with two eyes, (\d+) with fewer, (\d+) not found", text
    )
    assert looked_at == kept + fewer + missed
    assert kept > fewer > 0  # most pass the gate, and it would throw some away


def wavelets(text: str) -> None:
    assert numbers(r"going there and back: ([\d.]+)", text)[0] < 0.01
    assert numbers(r"(\d+) raw and (\d+) of wavelets", text) == [1024, 1008]
    wrong, right = numbers(r"then resize: ([\d.]+)\n.*then transform: ([\d.]+)", text)
    assert right > 0.99 > 0.8 > wrong
    rows = re.findall(r"^(\S.*?) +as they are +([\d.]+) %   with a lamp +([\d.]+)", text, re.M)
    plain = {name: float(value) for name, value, _ in rows}
    lamp = {name: float(value) for name, _, value in rows}
    assert min(plain.values()) > 90
    assert lamp["raw"] < plain["raw"] - 10  # raw pixels are light
    assert lamp["raw"] < min(lamp[name] for name in ("wavelets", "raw + wavelets"))
    assert plain["raw + wavelets"] >= plain["wavelets"]
    assert min(lamp["edges (HOG)"], lamp["textures (LBP)"]) > lamp["raw + wavelets"]


def classifiers(text: str) -> None:
    assert "groups on both sides of a fold: 0\n" in text
    scores = [float(score) for score in re.findall(r"([\d.]+) % \+- ", text)]
    assert len(scores) == 3
    assert min(scores) > 80  # guessing is 8
    learnt, unseen = numbers(r"largest gamma: (\d+) % of the learnt faces, (\d+) %", text)
    assert learnt == 100
    assert unseen < 50
    pictures = numbers(r"a quarter of the pictures to all of them: (\d+) points", text)
    choice = numbers(r"the worst classifier to the best: (\d+) points", text)
    assert pictures > choice


def transfer(text: str) -> None:
    found = re.findall(r"^(\w+) +best epoch .*? ([\d.]+) % of the l.* ([\d.]+) % of", text, re.M)
    learnt = {way: float(value) for way, value, _ in found}
    others = {way: float(value) for way, _, value in found}
    assert min(learnt.values()) == 100  # all know their own by heart
    if "faces" in others:  # else the pretrained networks are not installed, and it says so
        assert others["pixels"] + 10 < others["things"] < others["faces"]
    else:
        assert "The pretrained networks are not here" in text


def strangers(text: str) -> None:
    humps = r"the most similar stranger ([\d.]+), the least similar known face ([\d.]+)"
    near, far = re.findall(humps, text)
    least, most = numbers(r"all between ([\d.]+) and ([\d.]+)", text)
    assert least < most - 0.02  # few strangers make a shaky line
    if "recipe: face-modern" in text:
        assert float(near[0]) < float(near[1])  # there is room between near humps
        assert float(far[0]) > float(far[1])  # and none between far ones
        (passed,) = numbers(r"our strangers above it: (\d+) % near", text)
        assert passed > 1  # more than was promised, as the text says
    else:
        assert "The pretrained networks are not here" in text


def riders(text: str) -> None:
    right, asked = numbers(r"right: (\d+) of (\d+)", text)
    assert right >= 0.75 * asked
    rows = re.findall(r"taught by (\w+).*?: (\w+ in \w+).* (\d+) % are called", text)
    called = {(taught, kind): int(share) for taught, kind, share in rows}
    assert len(called) == 8
    assert called["orange", "humans in orange"] >= called["orange", "humans in other"] + 20
    assert called["orange", "riders in other"] <= called["orange", "riders in orange"] - 40
    assert called["all", "humans in orange"] <= 15  # a shirt makes nobody a rider any more
    assert called["all", "riders in other"] >= 2 * called["orange", "riders in other"]


CLAIMS: dict[str, Callable[[str], None]] = {
    "1_cleaning_faces": cleaning,
    "2_wavelets_and_raw_pixels": wavelets,
    "3_which_classifier": classifiers,
    "4_transfer_learning": transfer,
    "5_strangers_and_thresholds": strangers,
    "6_riders": riders,
}


@pytest.mark.parametrize("name", NAMES)
def test_a_notebook_runs_and_its_figures_bear_its_text_out(name: str) -> None:
    cells = cells_of(name)
    outputs = [output for cell in cells for output in cell.get("outputs", [])]
    assert sum("image/png" in output.get("data", {}) for output in outputs) >= 2
    errors = [o for o in outputs if o["output_type"] == "error" or o.get("name") == "stderr"]
    assert not errors
    CLAIMS[name](printed(cells))


@pytest.mark.parametrize("name", NAMES)
def test_a_source_has_text_descriptions_and_things_to_try_and_no_outputs(name: str) -> None:
    text = (SOURCES / f"{name}.py").read_text("utf-8")
    assert text.startswith(f"# %% [markdown]\n# # {name[0]}. ")
    assert "\n# ## Try this\n" in text
    assert "image/png" not in text
    for cell in text.split("# %%")[1:]:
        if not cell.startswith(" [markdown]") and re.search(
            r"^\s*(?:show\(|plt\.show)", cell, re.M
        ):
            assert '"alt": "' in cell.split("\n", 1)[0], cell


def test_a_name_that_there_is_not_is_told_with_those_that_there_are() -> None:
    refused = run("7_nothing")
    assert refused.returncode == 2
    assert "there is no 7_nothing; there are 1_cleaning_faces, " in refused.stderr


def test_every_notebook_is_in_the_list() -> None:
    index = (SOURCES / "index.md").read_text("utf-8")
    assert [f"{name}.py" for name in NAMES] == re.findall(r"^\| \[.*?\]\((.*?)\)", index, re.M)
