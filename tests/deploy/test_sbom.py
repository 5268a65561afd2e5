"""The list of what is installed: every pinned library is in it, with what that needs."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from typing import Any

import pytest

from tests.support.paths import ROOT


def printed(*options: str) -> str:
    command = [sys.executable, "deploy/checkout/sbom.py", *options]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout


@pytest.fixture(scope="module")
def sbom() -> dict[str, Any]:
    document = json.loads(printed())
    assert isinstance(document, dict)
    return document


def test_it_is_a_cyclonedx_document(sbom: dict[str, Any]) -> None:
    assert (sbom["bomFormat"], sbom["specVersion"], sbom["version"]) == ("CycloneDX", "1.6", 1)
    for component in sbom["components"]:
        assert component["purl"] == f"pkg:pypi/{component['name']}@{component['version']}"
        assert len(component["licenses"]) == 1


def test_every_pinned_library_is_in_it(sbom: dict[str, Any]) -> None:
    lines = (ROOT / "requirements.txt").read_text()
    pinned = re.findall(r"^([\w.-]+)==([\w.]+)$", lines, re.MULTILINE)
    listed = {component["name"] for component in sbom["components"]}
    assert {re.sub(r"[-_.]+", "-", name).lower() for name, _ in pinned} <= listed
    assert "itsdangerous" in listed, "what Flask needs is installed as well"
    assert not listed & {"pytest", "mypy", "ruff"}, "what only the tests need is not shipped"


def test_every_reference_leads_somewhere(sbom: dict[str, Any]) -> None:
    known = {component["bom-ref"] for component in sbom["components"]}
    rows = sbom["dependencies"]
    assert {row["ref"] for row in rows} == known | {"likeness"}
    assert {ref for row in rows for ref in row["dependsOn"]} == known


def test_the_same_libraries_give_the_same_document(sbom: dict[str, Any]) -> None:
    assert json.loads(printed()) == sbom


def test_the_licences_have_a_row_for_each_library(sbom: dict[str, Any]) -> None:
    rows = [line.split(maxsplit=2) for line in printed("--licences").splitlines()]
    assert [row[0] for row in rows] == [component["name"] for component in sbom["components"]]
    assert all(len(row) == 3 for row in rows)
    assert not [row for row in rows if "AGPL" in row[2] or "GNU Affero" in row[2]]
