"""What is shipped for servers and containers: nothing named in it may be missing."""

from __future__ import annotations

import configparser
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from server.settings import FIELDS, Settings, load, variable
from tests.support.paths import ROOT

DOCKERFILE = (ROOT / "deploy" / "Dockerfile").read_text()
UNITS = (
    "likeness.service",
    "likeness.socket",
    "likeness-watch@.service",
    "likeness-frigate.service",
)
STARTERS = ["ubuntu/start", "containers/likeness-service"]
SCRIPTS = [
    ".ci/run",
    "deploy/setup.sh",
    "deploy/install-ubuntu.sh",
    "deploy/uninstall.sh",
    "deploy/backup.sh",
    "deploy/restore.sh",
    "deploy/ubuntu/likeness",
    "deploy/ubuntu/network.sh",
    "deploy/ubuntu/renewed",
    "deploy/ubuntu/start",
    "deploy/containers/fill.sh",
    "deploy/containers/slim.sh",
    "deploy/containers/likeness-service",
    "deploy/sagemaker/serve",
    "deploy/sagemaker/train",
]


def unit() -> configparser.ConfigParser:
    parser = configparser.ConfigParser(strict=False, interpolation=None)
    parser.optionxform = str  # type: ignore[assignment,method-assign]
    parser.read(ROOT / "deploy" / "ubuntu" / "likeness.service")
    return parser


@pytest.mark.parametrize("script", SCRIPTS)
def test_scripts_pass_shellcheck(script: str) -> None:
    if shutil.which("shellcheck") is None:
        pytest.skip("shellcheck is not installed: apt-get install shellcheck")
    done = subprocess.run(
        ["shellcheck", "--external-sources", script], cwd=ROOT, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout
    assert (ROOT / script).stat().st_mode & 0o111


def test_the_image_holds_the_program_and_nothing_of_a_persons(tmp_path: Path) -> None:
    """What `COPY . .` takes, by .dockerignore."""
    assert re.search(r"^COPY \. \.$", DOCKERFILE, re.MULTILINE)
    ignored = set((ROOT / ".dockerignore").read_text().split())
    assert {"var", "datasets", ".git", "deploy/containers/metrics/key"} <= ignored
    for part in ("server", "model", "data_cleaning", "ui", "nginx", "likeness", "artifacts"):
        assert (ROOT / part).is_dir() and part not in ignored
    for file in re.findall(r"deploy/[a-z]+/[a-z-]+(?:\.sh)?", DOCKERFILE):
        assert (ROOT / file).is_file(), file


@pytest.mark.parametrize(
    "text",
    [(ROOT / "deploy" / name).read_text() for name in STARTERS],
    ids=STARTERS,
)
def test_modules_and_files_that_are_started_exist(text: str) -> None:
    assert (ROOT / "server" / "wsgi.py").is_file() and "server.wsgi:app" in text
    for name in re.findall(r"(?:deploy|nginx|server)/[a-z_]+\.(?:py|conf)", text):
        assert (ROOT / name).is_file(), name


@pytest.mark.parametrize(
    "file",
    [
        "deploy/Dockerfile",
        "deploy/compose.yaml",
        "deploy/install-ubuntu.sh",
        "deploy/ubuntu/likeness",
        "deploy/ubuntu/network.sh",
        "docs/deploy.md",
    ],
)
def test_settings_named_there_exist(file: str) -> None:
    known = {variable(field.name) for field in FIELDS}
    assert set(re.findall(r"LIKENESS_[A-Z_]+", (ROOT / file).read_text())) - known == set()


VALUES = {"$(address)": "https://faces.example.org", "$open": "0"}


def test_the_installed_settings_can_be_loaded() -> None:
    script = (ROOT / "deploy" / "install-ubuntu.sh").read_text()
    lines = re.findall(r"^(LIKENESS_\w+)=(.*)$", script, re.MULTILINE)
    settings = load(
        {
            name: VALUES.get(value, value.replace("$data", "/var/lib/likeness"))
            for name, value in lines
        }
    )
    assert settings.trusted_proxy == "127.0.0.1"
    assert settings.artifacts == Path("/var/lib/likeness/artifacts")
    assert settings.bind == Settings().bind, "nginx and the service must agree on the port"


def test_the_unit_gives_away_no_rights() -> None:
    service = unit()["Service"]
    assert service["User"] == "likeness"
    assert service["NoNewPrivileges"] == "yes"
    assert service["ProtectSystem"] == "strict"
    assert service["StateDirectory"] == "likeness"
    assert service["CapabilityBoundingSet"] == ""
    assert service["ExecStart"] == "/opt/likeness/current/deploy/ubuntu/start"


def test_systemd_has_nothing_to_say_of_the_units(tmp_path: Path) -> None:
    """`systemd-analyze verify`, with the program that the unit starts at its place."""
    if shutil.which("systemd-analyze") is None:
        pytest.skip("systemd-analyze is not installed: apt-get install systemd")
    for name in UNITS:
        text = (ROOT / "deploy" / "ubuntu" / name).read_text()
        text = text.replace("/opt/likeness/current", str(ROOT))
        (tmp_path / name).write_text(text.replace("User=likeness", "User=daemon"))
    command = ["systemd-analyze", "verify", "--man=no", *map(str, tmp_path.iterdir())]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    ours = [line for line in done.stderr.splitlines() if str(tmp_path) in line]
    assert (done.returncode, ours) == (0, [])


def test_the_compose_file_keeps_the_service_inside() -> None:
    text = (ROOT / "deploy" / "compose.yaml").read_text()
    ports = re.findall(r"ports: \[(.*)\]", text)
    assert ports == ['"127.0.0.1:8080:8080"', '"127.0.0.1:3000:3000"']
    subnet = re.search(r"subnet: (\S+)", text)
    assert subnet is not None and f"LIKENESS_TRUSTED_PROXY: {subnet[1]}" in text
    for target in re.findall(r"target: (\w+)", text):
        assert re.search(rf"^FROM \S+ AS {target}$", DOCKERFILE, re.MULTILINE), target


def test_every_library_is_in_the_licence_table() -> None:
    table = (ROOT / "THIRD_PARTY.md").read_text()
    for file, least in (
        ("requirements.txt", 20),
        ("requirements-dev.txt", 6),
        ("requirements-postgres.txt", 1),
        ("requirements-docs.txt", 3),
        ("requirements-ddgs.txt", 1),
        ("requirements-mqtt.txt", 1),
        ("requirements-s3.txt", 2),
        ("requirements-gs.txt", 2),
        ("requirements-az.txt", 2),
    ):
        names = re.findall(
            r"^([A-Za-z0-9_.-]+)(?:\[\w+\])?==[\w.]+$", (ROOT / file).read_text(), re.MULTILINE
        )
        assert len(names) >= least
        for name in names:
            assert re.search(rf"^\| {re.escape(name)} \|", table, re.MULTILINE), name


def words_of_help(*group: str) -> set[str]:
    command = [sys.executable, "-m", "likeness", *group, "--help"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120)
    return set(re.findall(r"\b[a-z]+\b", done.stdout))


@pytest.mark.parametrize(("group", "least"), [((), 15), (("models",), 6)])
def test_the_readme_names_commands_that_exist(group: tuple[str, ...], least: int) -> None:
    pytest.importorskip("likeness", reason="the command likeness is not there")
    rows = re.findall(r"^\| `likeness (.*?) \|", (ROOT / "README.md").read_text(), re.MULTILINE)
    ours = [row for row in rows if row.startswith("models ") == bool(group)]
    first = [re.match(r"(?:models )?([a-z]+)", row) for row in ours]
    further = [name for row in ours for name in re.findall(r"`, `([a-z]+)", row)]
    named = {match[1] for match in first if match} | set(further)
    assert len(named) >= least
    assert named <= words_of_help(*group)


def test_the_readme_names_targets_that_exist() -> None:
    targets = set(re.findall(r"^\.PHONY: (\S+)$", (ROOT / "Makefile").read_text(), re.MULTILINE))
    named = set()
    for document in ("README.md", "CONTRIBUTING.md"):
        blocks = re.findall(
            r"^```\n(.*?)^```", (ROOT / document).read_text(), re.MULTILINE | re.DOTALL
        )
        named |= {
            target
            for block in blocks
            for target in re.findall(r"^make ([a-z-]+)", block, re.MULTILINE)
        }
    assert {"run", "train", "test"} <= named
    assert named <= targets
