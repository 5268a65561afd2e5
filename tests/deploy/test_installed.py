"""The command `likeness` of an installed machine: whose settings it takes, and what it does when
they have changed.

What belongs to a whole machine (another user, systemd, nginx as a service) are small programs that
write down what they are asked and do the part that matters here; everything else is the project's
own.
"""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from likeness.serving.nginx_site import Site, site_config
from tests.support.paths import ROOT

PROGRAMS = {
    "id": "echo 0",
    "runuser": '[ "$1 $2 $3" = "-u likeness --" ] || exit 9; shift 3; exec "$@"',
    "nginx": 'echo "nginx $*" >>"$NOTED"; grep -q "not accepted" "$SITE" && exit 1; exit 0',
    "systemctl": 'echo "systemctl $*" >>"$NOTED"',
}


@dataclass
class Machine:
    """A machine in a folder."""

    root: Path

    def __post_init__(self) -> None:
        (self.root / "bin").mkdir()
        for name, body in PROGRAMS.items():
            self._program(self.root / "bin" / name, body)
        text = (ROOT / "deploy" / "ubuntu" / "likeness").read_text()
        (self.root / "current").symlink_to(ROOT)
        for there, here in {
            "$(readlink -f .venv)/bin": f"{sys.prefix}/bin",
            "/opt/likeness": str(self.root),
            "/var/lib/likeness": str(self.root),
            "/etc/likeness.env": str(self.environment),
            "/etc/systemd/system": str(self.root / "units"),
            "/etc/nginx/sites-available/likeness": str(self.site),
            " deploy/setup.sh": (
                " true deploy/setup.sh"
            ),  # it would install into the .venv of this test
        }.items():
            assert there in text
            text = text.replace(there, here)
        (self.root / "likeness").write_text(text)
        self.set(LIKENESS_STATE=self.root / "state", LIKENESS_DATABASE_URL="")
        self.site.write_text(
            site_config(Site(ui=ROOT / "ui", app="127.0.0.1:8000", server_name="faces.example.org"))
        )

    @staticmethod
    def _program(path: Path, body: str) -> None:
        path.write_text(f"#!/bin/sh\n{body}\n")
        path.chmod(0o755)

    @property
    def environment(self) -> Path:
        return self.root / "likeness.env"

    @property
    def site(self) -> Path:
        return self.root / "site"

    def set(self, **settings: object) -> None:
        self.environment.write_text(
            "".join(f"{name}='{value}'\n" for name, value in settings.items())
        )

    def likeness(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        environment = os.environ | {
            "PATH": f"{self.root / 'bin'}:{os.environ['PATH']}",
            "NOTED": str(self.root / "noted"),
            "SITE": str(self.site),
            "LIKENESS_STATE": str(self.root / "elsewhere"),
        }
        command = ["/bin/sh", str(self.root / "likeness"), *arguments]
        return subprocess.run(
            command, env=environment, cwd=self.root, capture_output=True, text=True, timeout=120
        )

    def noted(self) -> list[str]:
        file = self.root / "noted"
        return file.read_text().splitlines() if file.exists() else []


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


def test_keys_are_made_for_the_database_of_the_service(machine: Machine) -> None:
    done = machine.likeness("keys", "create", "me", "--role", "admin")
    assert done.stdout.startswith("lk_"), done.stderr
    assert f"the database sqlite:///{machine.root}/state/likeness.db" in done.stderr
    assert not (machine.root / "elsewhere").exists()
    assert "admin" in machine.likeness("keys", "list").stdout


def test_changed_settings_reach_nginx_and_the_service(machine: Machine) -> None:
    machine.set(LIKENESS_STATE=machine.root / "state", LIKENESS_PICTURE_SECONDS=120)
    done = machine.likeness("apply")
    assert done.returncode == 0, done.stderr
    assert "proxy_read_timeout 255s;" in machine.site.read_text()
    assert "server_name faces.example.org;" in machine.site.read_text()
    assert machine.noted() == [
        "nginx -t -q",
        "systemctl daemon-reload",
        "systemctl restart likeness",
        "systemctl --quiet try-restart likeness-watch@* likeness-frigate",
        "systemctl reload-or-restart nginx",
    ]
    assert {path.name for path in machine.root.glob("site*")} == {"site"}


def test_settings_that_cannot_be_used_stop_nothing(machine: Machine) -> None:
    before = machine.site.read_text()
    machine.set(LIKENESS_QUEUE="many")
    done = machine.likeness("apply")
    assert done.returncode == 2
    assert done.stderr == "likeness: LIKENESS_QUEUE is 'many'; it must be a whole number.\n"
    assert machine.site.read_text() == before
    assert machine.noted() == []


def test_a_site_that_nginx_refuses_is_put_back(machine: Machine) -> None:
    machine.site.write_text(machine.site.read_text() + "# not accepted\n")
    before = machine.site.read_text()
    machine.set(LIKENESS_PICTURE_SECONDS=120)
    done = machine.likeness("apply")
    assert done.returncode == 1
    assert "nginx does not accept that" in done.stderr
    assert machine.site.read_text() == before
    assert machine.noted() == ["nginx -t -q"]


def test_only_root_can_become_the_service(machine: Machine) -> None:
    machine._program(machine.root / "bin" / "id", "echo 1000")
    done = machine.likeness("keys", "list")
    assert done.returncode == 1
    assert done.stderr == "likeness: run it as root: sudo likeness keys list\n"
