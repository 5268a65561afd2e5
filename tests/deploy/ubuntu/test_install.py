"""The installer on a clean Debian, from the first run to going back: real nginx, gunicorn, openssl.

The tests go on where the one before has ended: one machine's life, in order.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.deploy.ubuntu.machine import HERE, Machine
from tests.support.browsing import CHROMIUM, CHROMIUM_ARGUMENTS

pytestmark = [pytest.mark.nginx, pytest.mark.slow]
INSTALL = "cd /src && deploy/install-ubuntu.sh"
ASK = """python3 -c '
import ssl, sys, urllib.request as u
trusting = ssl._create_unverified_context()
data = open("/picture", "rb").read()
request = u.Request("https://127.0.0.1/api/predict", data, {"Content-Type": "image/png"})
print(u.urlopen(request, context=trusting).read().decode())'"""
HEADERS = """python3 -c '
import http.client, ssl
c = http.client.HTTPSConnection("127.0.0.1", context=ssl._create_unverified_context())
c.request("GET", "/"); print(dict(c.getresponse().getheaders()))'"""


@pytest.fixture(scope="module", autouse=True)
def installed(box: Machine, astronaut: bytes) -> str:
    """What the first run printed."""
    (box.files / "picture").write_bytes(astronaut)
    return box.ok(f"{INSTALL} --self-signed --open", timeout=900)


def test_a_picture_is_answered_over_https(box: Machine, installed: str) -> None:
    answer = json.loads(box.ok(ASK))
    assert answer["model"]["name"].startswith("celebrities")
    assert "the system user likeness" in installed
    assert re.search(r"https://localhost/#claim=[\w-]{43}", installed)


def test_plain_http_is_sent_to_https(box: Machine) -> None:
    moved = box.ok(
        'python3 -c \'import http.client; c = http.client.HTTPConnection("127.0.0.1");'
        ' c.request("POST", "/api/predict?model=a"); r = c.getresponse();'
        ' print(r.status, r.headers["Location"])\''
    )
    assert moved == "308 https://127.0.0.1/api/predict?model=a\n"


@pytest.mark.parametrize(("version", "spoken"), [("1_1", False), ("1_2", True), ("1_3", True)])
def test_it_speaks_tls_of_today(box: Machine, version: str, spoken: bool) -> None:
    old = "-cipher DEFAULT@SECLEVEL=0" if version == "1_1" else ""
    command = f"openssl s_client -connect 127.0.0.1:443 -tls{version} {old} </dev/null"
    assert (box.run(command).returncode == 0) == spoken


def test_the_camera_is_there(box: Machine, browser: Any, tmp_path: Path) -> None:
    """A browser in that machine's network, which takes its certificate."""
    inside = tmp_path / "chromium"
    inside.write_text(f'#!/bin/sh\nexec nsenter --target={box.pid} --net {CHROMIUM} "$@"\n')
    inside.chmod(0o755)
    there = browser.browser_type.launch(executable_path=inside, args=CHROMIUM_ARGUMENTS)
    page = there.new_page(ignore_https_errors=True)
    page.goto("http://localhost/")
    assert page.url == "https://localhost/"
    found = page.evaluate("[isSecureContext, typeof navigator.mediaDevices?.getUserMedia]")
    there.close()
    assert found == [True, "function"]


def files(box: Machine) -> str:
    """Everything that an installation may write, with times."""
    where = "/etc /opt /usr/local /var/lib/likeness/artifacts"
    return box.ok(f"find {where} -printf '%p %l %T@ %m %u\\n' | grep -v __pycache__ | sort")


def answering(box: Machine) -> str:
    """The process that holds the instance's lock."""
    return box.ok("grep -o '\"pid\": [0-9]*' /var/lib/likeness/state/instance.lock")


def test_a_second_run_changes_nothing(box: Machine) -> None:
    box.ok("echo '# mine' >>/etc/likeness.env")
    before, process = files(box), answering(box)
    again = box.ok(INSTALL)
    assert "== Nothing changed." in again
    assert changed_files(before, files(box)) == set()
    assert answering(box) == process


def changed_files(before: str, after: str) -> set[str]:
    return {line.split(" ")[0] for line in set(before.splitlines()) ^ set(after.splitlines())}


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ("faces.example.org", "For a host name: --domain faces.example.org"),
        ("--domain faces.example.org", "needs --email"),
        ("--domain 'a b' --email x@example.org", "write one host name"),
        ("--data /home/me --self-signed", "the data lie in /var/lib/likeness"),
        ("--domain", "--domain wants a value"),
    ],
)
def test_a_wish_that_cannot_be_is_a_sentence(box: Machine, options: str, says: str) -> None:
    done = box.run(f"{INSTALL} {options}")
    assert done.returncode in (1, 2)
    assert says in done.stderr


@contextmanager
def load(box: Machine) -> Iterator[dict[str, Any]]:
    """Requests without a pause while the block runs; afterwards how many, and which failed."""
    shutil.copy(HERE / "load.py", box.files / "load.py")
    stop = box.files / "stop"
    stop.unlink(missing_ok=True)
    command = [*box.enter(), "python3", "/load.py", "/picture", "/stop"]
    asking = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    said: dict[str, Any] = {}
    try:
        yield said
    finally:
        stop.write_text("")
        said.update(json.loads(asking.communicate(timeout=120)[0]))


def change(box: Machine, file: str, line: str) -> None:
    with (box.files / "src" / file).open("a") as text:
        text.write(f"{line}\n")


def test_an_upgrade_and_going_back_fail_no_request(box: Machine) -> None:
    change(box, "data_cleaning/version.py", 'VERSION = "9.9"')
    with load(box) as asked:
        upgraded = box.ok(INSTALL)
        newer = box.ok("likeness --version")
        back = box.ok("likeness back")
        older = box.ok("likeness --version")
    assert asked["failed"] == []
    assert asked["answered"] > 20
    assert "/opt/likeness/current is" in upgraded
    assert newer == "likeness 9.9\n" != older
    assert re.fullmatch(r"0\S+ answers\.\n", back)
    assert len(box.ok("likeness releases").splitlines()) == 2


def test_a_release_that_does_not_start_is_taken_back(box: Machine) -> None:
    change(box, "server/wsgi.py", "raise SystemExit('not today')")
    done = box.run(INSTALL)
    assert done.returncode == 1
    assert re.search(r"did not start; 0\S+ answers again", done.stderr)
    assert "not today" in done.stdout
    assert json.loads(box.ok(ASK))["prediction_id"]


def test_a_host_name_gets_a_certificate_and_later_hsts(box: Machine) -> None:
    source = box.files / "src" / "server" / "wsgi.py"
    source.write_text(source.read_text().replace("raise SystemExit('not today')\n", ""))
    shutil.copy(HERE / "certbot", box.files / "usr" / "bin" / "certbot")
    said = box.ok(f"{INSTALL} --domain faces.test --email me@faces.test")
    assert "https with the certificate in /etc/letsencrypt/live/faces.test" in said
    assert "LIKENESS_PUBLIC_URL=https://localhost" in said
    shown = box.ok("openssl s_client -connect 127.0.0.1:443 -servername faces.test </dev/null 2>&1")
    assert "CN = faces.test" in shown
    assert "Strict-Transport-Security" not in box.ok(HEADERS)
    box.ok("certbot renew")
    until = time.monotonic() + 60  # nginx takes up what is new when it comes to it
    while "Strict-Transport-Security" not in (said := box.ok(HEADERS)):
        assert time.monotonic() < until, said
        time.sleep(0.2)
    assert "'Strict-Transport-Security': 'max-age=31536000'" in said
    assert "== Nothing changed." in box.ok(INSTALL)


def test_an_encrypted_backup_brings_everything_back(box: Machine) -> None:
    box.ok("mkdir -p /backups && age-keygen -o /backups/key 2>/dev/null")
    box.ok("likeness keys create phone")
    answer = json.loads(box.ok(ASK))
    box.ok('/src/deploy/backup.sh --to "$(age-keygen -y /backups/key)" /backups/all.tar.age')
    for name in ("all.tar.age", "all.tar.age.env"):
        assert b"age-encryption.org" in (box.files / "backups" / name).read_bytes()[:40]

    box.ok("systemctl stop likeness; cd /var/lib/likeness && rm -rf state datasets artifacts")
    box.ok(f"{INSTALL} && systemctl start likeness", timeout=900)
    assert "phone" not in box.ok("likeness keys list")
    box.ok("/src/deploy/restore.sh --key /backups/key /backups/all.tar.age")
    again = json.loads(box.ok(ASK))
    assert (again["model"], again["regions"]) == (answer["model"], answer["regions"])
    assert "phone" in box.ok("likeness keys list")


def test_the_doctor_finds_nothing_bad(box: Machine) -> None:
    found = json.loads(box.ok("likeness doctor --json"))
    states = {row["about"]: row["state"] for row in found}
    assert {states[about] for about in ("service", "models", "database", "nginx")} == {"good"}
    assert states["certificate"] == "good"


def test_uninstalling_leaves_what_is_known(box: Machine) -> None:
    box.ok("touch /etc/likeness/watch-door.env")
    assert "stays in /var/lib/likeness" in box.ok("/src/deploy/uninstall.sh")
    assert box.ok("ls -A /etc/likeness").split() == ["watch-door.env"]
    gone = "/opt/likeness /usr/local/bin/likeness /etc/nginx/sites-enabled/likeness"
    assert box.ok(f"ls -d {gone} /etc/systemd/system/*likeness* 2>/dev/null || true") == ""
    assert box.run("test -e /var/lib/likeness/state/likeness.db").returncode == 0
    done = box.run("/src/deploy/uninstall.sh --data")
    assert "nothing was removed" in done.stderr
    box.ok("/src/deploy/uninstall.sh --data --yes")
    assert box.run("test -e /var/lib/likeness -o -e /etc/likeness || id likeness").returncode == 1
