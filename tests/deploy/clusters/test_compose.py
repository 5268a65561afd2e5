"""Compose's profiles, and what Prometheus and Grafana are given: checked by Prometheus itself."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.support.paths import ROOT

yaml: Any = pytest.importorskip("yaml", reason="PyYAML is not installed: make setup-dev")
COMPOSE = yaml.safe_load((ROOT / "deploy" / "compose.yaml").read_text())
METRICS = ROOT / "deploy" / "containers" / "metrics"


def test_without_a_profile_there_is_nothing_but_the_service() -> None:
    services = COMPOSE["services"]
    profiles = {name: service.get("profiles", []) for name, service in services.items()}
    assert profiles == {
        "app": [],
        "front": [],
        "db": ["postgres"],
        "prometheus": ["metrics"],
        "grafana": ["metrics"],
    }


def test_everything_that_is_mounted_is_there() -> None:
    for service in COMPOSE["services"].values():
        for volume in service["volumes"]:
            source = volume.split(":")[0]
            assert source in COMPOSE["volumes"] or (ROOT / "deploy" / source).exists(), source


def test_no_port_is_open_to_others() -> None:
    for service in COMPOSE["services"].values():
        assert all(port.startswith("127.0.0.1:") for port in service.get("ports", []))


@pytest.mark.parametrize(
    "command",
    [
        ("check", "config", "--syntax-only", "prometheus.yml"),
        ("check", "rules", "alerts.yml"),
        ("test", "rules", "alerts_test.yml"),
    ],
    ids=" ".join,
)
def test_promtool_accepts(command: tuple[str, ...]) -> None:
    if shutil.which("promtool") is None:
        pytest.skip("promtool is not installed: apt-get install prometheus")
    done = subprocess.run(
        ["promtool", *command], cwd=METRICS, capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0, done.stdout + done.stderr


def named(text: str) -> set[str]:
    """The metrics of ours that a file names, as the service calls them."""
    names = set(re.findall(r"\blikeness_[a-z_]+", text))
    return {re.sub(r"_(total|bucket|sum|count)$", "", name) for name in names}


def queries() -> str:
    rules = yaml.safe_load((METRICS / "alerts.yml").read_text())["groups"][0]["rules"]
    panels = json.loads((METRICS / "dashboard.json").read_text())["panels"]
    asked = [target["expr"] for panel in panels for target in panel["targets"]]
    return "\n".join([*asked, *(rule["expr"] for rule in rules)])


def test_dashboard_and_alerts_ask_for_what_there_is() -> None:
    source = Path(ROOT / "server/operations/metrics.py").read_text()
    made = {f"likeness_{name}" for name in re.findall(r'_(?:counter|histogram)\("(\w+)"', source)}
    made |= set(re.findall(r'"(likeness_[a-z_]+)"', source))
    assert len(named(queries())) >= 7
    assert named(queries()) <= made
