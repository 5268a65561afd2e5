"""What the unit and the containers take away from the service, measured where a tool can."""

from __future__ import annotations

import configparser
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.support.paths import ROOT

UNIT = ROOT / "deploy" / "ubuntu" / "likeness.service"
WATCHING = ["likeness-watch@.service", "likeness-frigate.service"]
MOST_EXPOSURE = 2.0


def unit_lines() -> list[str]:
    return UNIT.read_text().splitlines()


@pytest.mark.parametrize("unit", [UNIT.name, *WATCHING])
def test_the_exposure_of_the_unit_is_low(unit: str) -> None:
    if shutil.which("systemd-analyze") is None:
        pytest.skip("systemd-analyze is not installed: apt-get install systemd")
    command = ["systemd-analyze", "security", "--offline=true", "--no-pager"]
    command.append(str(UNIT.parent / unit))
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    overall = re.search(r"Overall exposure level for likeness\S*\.service: ([\d.]+)", done.stdout)
    if overall is None:
        pytest.skip(f"this systemd-analyze measures no file: {done.stderr.strip()}")
    assert float(overall[1]) <= MOST_EXPOSURE


@pytest.mark.parametrize(
    "line",
    [
        "SystemCallFilter=@system-service",
        "SystemCallFilter=~@privileged",
        "SystemCallErrorNumber=EPERM",
        "IPAddressDeny=any",
        "IPAddressAllow=localhost",
        "UMask=0077",
        "ProtectProc=invisible",
        "PrivateUsers=yes",
        "MemoryMax=90%",
        "TasksMax=1024",
    ],
)
def test_the_unit_has(line: str) -> None:
    assert unit_lines().count(line) == 1


def test_training_may_still_step_back() -> None:
    """It lowers its priority and limits its memory by calls of @resources."""
    assert not [line for line in unit_lines() if re.match(r"SystemCallFilter=~.*@resources", line)]


@pytest.mark.parametrize(
    ("settings", "lifted"),
    [
        ("", False),
        ("LIKENESS_BIND=127.0.0.1:8000", False),
        ("LIKENESS_BIND=[::1]:8000", False),
        ("LIKENESS_BIND=unix:/run/likeness/socket", False),
        ("# LIKENESS_FETCH_URLS=1", False),
        ("LIKENESS_FETCH_URLS=0", False),
        ("LIKENESS_DATABASE_URL=sqlite:////var/lib/likeness/other.db", False),
        ("LIKENESS_BIND=0.0.0.0:8000", True),
        ("LIKENESS_BIND=127.0.0.1:8000\nLIKENESS_BIND=10.0.0.5:8000", True),
        ("LIKENESS_FETCH_URLS=1", True),
        ("LIKENESS_COLLECT=1", True),
        ("LIKENESS_COLLECT_INTERVAL=1", False),
        ("LIKENESS_ARTIFACTS=s3://bucket/models", True),
        ("LIKENESS_ARTIFACTS=/srv/models", False),
        ("LIKENESS_FETCH_URLS='true'", True),
        ('LIKENESS_DATABASE_URL="postgresql://somebody@db.example.org/likeness"', True),
    ],
)
def test_the_network_is_opened_where_a_setting_needs_it(
    tmp_path: Path, settings: str, lifted: bool
) -> None:
    environment, folder = tmp_path / "likeness.env", tmp_path / "likeness.service.d"
    environment.write_text(f"{settings}\n")
    script = ROOT / "deploy" / "ubuntu" / "network.sh"
    subprocess.run([script, environment, tmp_path], check=True)
    assert (folder / "network.conf").exists() == lifted
    if lifted:
        parser = configparser.ConfigParser()
        parser.read(folder / "network.conf")
        assert dict(parser["Service"]) == {"ipaddressdeny": "", "ipaddressallow": ""}
        environment.write_text("")
        subprocess.run([script, environment, tmp_path], check=True)
        assert not (folder / "network.conf").exists()


@pytest.mark.parametrize(
    ("settings", "file", "lines"),
    [
        ("LIKENESS_STATE=/var/lib/likeness/state", "likeness.service.d/data.conf", []),
        (
            "LIKENESS_STATE=/srv/likeness/state\nLIKENESS_ARTIFACTS='/srv/likeness/artifacts'",
            "likeness.service.d/data.conf",
            [
                "[Service]",
                "ReadWritePaths=/srv/likeness/artifacts",
                "ReadWritePaths=/srv/likeness/state",
            ],
        ),
        *(
            (
                "LIKENESS_STATE=/srv/likeness/state",
                f"{unit}.d/data.conf",
                ["[Service]", "ReadWritePaths=/srv/likeness/state"],
            )
            for unit in WATCHING
        ),
        ("LIKENESS_BIND=127.0.0.1:8000", "likeness.socket.d/bind.conf", []),
        (
            "LIKENESS_BIND=127.0.0.1:9000, unix:/run/likeness/socket",
            "likeness.socket.d/bind.conf",
            [
                "[Socket]",
                "ListenStream=",
                "ListenStream=127.0.0.1:9000",
                "ListenStream=/run/likeness/socket",
            ],
        ),
    ],
)
def test_systemd_is_told_of_folders_and_addresses(
    tmp_path: Path, settings: str, file: str, lines: list[str]
) -> None:
    environment = tmp_path / "likeness.env"
    environment.write_text(f"{settings}\n")
    subprocess.run([ROOT / "deploy" / "ubuntu" / "network.sh", environment, tmp_path], check=True)
    written = (tmp_path / file).read_text().splitlines() if (tmp_path / file).exists() else []
    assert [line for line in written if not line.startswith("#")] == lines


@pytest.mark.parametrize("script", ["install-ubuntu.sh", "ubuntu/likeness"])
def test_who_writes_settings_asks_what_the_network_must_be(script: str) -> None:
    text = (ROOT / "deploy" / script).read_text()
    assert re.search(r"network\.sh\"? \"\$environment\" \"\$units\"", text)
    assert "units=/etc/systemd/system" in text


@pytest.mark.parametrize("unit", WATCHING)
def test_who_watches_cameras_is_installed_restarted_and_removed(unit: str) -> None:
    """Installed and removed by their files' names; begun anew with settings and with a release."""
    deploy, name = ROOT / "deploy", unit.removesuffix(".service")
    assert unit in (deploy / "install-ubuntu.sh").read_text()
    removed = re.search(r"^for watching in (.*); do$", (deploy / "uninstall.sh").read_text(), re.M)
    assert removed is not None and name in removed[1].split()
    for script in ("likeness", "program.sh"):
        begun = re.search(r"try-restart (.*) 2>", (deploy / "ubuntu" / script).read_text())
        assert begun is not None and name in begun[1].replace("*", "").replace("'", "").split()


@pytest.mark.parametrize("service", ["app", "front"])
def test_a_container_is_confined(service: str) -> None:
    yaml: Any = pytest.importorskip("yaml", reason="PyYAML is not installed: make setup-dev")
    confined = yaml.safe_load((ROOT / "deploy" / "compose.yaml").read_text())["services"][service]
    assert confined["read_only"] is True
    assert confined["cap_drop"] == ["ALL"] and "cap_add" not in confined
    assert confined["security_opt"] == ["no-new-privileges:true"]
    assert confined["mem_limit"] and confined["pids_limit"]


def test_neither_image_runs_as_root() -> None:
    stages = re.split(r"^FROM ", (ROOT / "deploy" / "Dockerfile").read_text(), flags=re.MULTILINE)
    users = [re.findall(r"^USER (\w+)$", stage, re.MULTILINE) for stage in stages[1:]]
    assert users == [[], ["likeness"], ["101"]]
