"""A clean Debian machine in a folder, with network, processes and files of its own.

debootstrap makes the root; namespaces of Linux keep what runs in it apart; pid1.py stands in for
systemd. Packages come as this machine gets its own, and no further request leaves it.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from pathlib import Path

from data_cleaning.pretrained import weights_dir
from likeness.serving.jquery import WHEEL
from tests.support.paths import ROOT

HERE = Path(__file__).parent
PACKAGES = "python3,python3-venv,ca-certificates,nginx-light,openssl,age"
SUITE = "bookworm"
NEEDED = ("debootstrap", "unshare", "nsenter", "chroot")
CERTIFICATES = "etc/ssl/certs/ca-certificates.crt"
PIP = ("etc/pip.conf", "etc/resolv.conf", "etc/hosts", CERTIFICATES)
PARTS = (
    *("likeness", "data_cleaning", "model", "server", "ui", "nginx", "deploy", "artifacts"),
    *("requirements.txt", "requirements.lock", "requirements-postgres.txt"),
    *("requirements-client.txt", "requirements-mqtt.txt"),
    *("README.md", "LICENSE", "THIRD_PARTY.md", "CHANGELOG.md"),
)
HOSTS = "127.0.0.1 localhost\n::1 localhost\n127.0.1.1 box\n"
COMMANDS = {
    "systemctl": 'exec python3 /pid1.py "$@"',
    "journalctl": "tail -n 30 /var/log/likeness.log",
}


def missing() -> str:
    """Why there can be no such machine here, or nothing."""
    if os.geteuid() != 0:
        return "a machine in a folder needs root"
    lacking = [name for name in NEEDED if shutil.which(name) is None]
    return f"{', '.join(lacking)} is not installed: apt-get install debootstrap" if lacking else ""


def debian(folder: Path) -> None:
    """A Debian root with Python and nginx, and wheels of all pinned libraries in /wheels."""
    root = folder / "root"
    command = ["debootstrap", "--variant=minbase", f"--include={PACKAGES}", SUITE, str(root)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=600)
    assert done.returncode == 0, done.stdout[-2000:]
    shutil.rmtree(root / "var/cache/apt/archives", ignore_errors=True)
    for name in PIP:
        if Path("/", name).is_file():
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            (root / name).write_bytes(Path("/", name).read_bytes())
    (root / "requirements.lock").write_bytes((ROOT / "requirements.lock").read_bytes())
    download = "/tmp/v/bin/pip download -q -d /wheels"
    both = f"{download} --require-hashes -r /requirements.lock && {download} --no-deps {WHEEL}"
    script = f"python3 -m venv /tmp/v && {both} && rm -rf /tmp/v /requirements.lock"
    subprocess.run(["chroot", root, "sh", "-c", script], check=True, timeout=600)
    for name in PIP:
        if name != CERTIFICATES:
            (root / name).unlink(missing_ok=True)


def copy_source(to: Path) -> None:
    """The checkout as a person who cloned it has it."""
    to.mkdir()
    ignored = shutil.ignore_patterns("__pycache__", ".*_cache", ".venv")
    for part in PARTS:
        if (ROOT / part).is_dir():
            shutil.copytree(ROOT / part, to / part, ignore=ignored)
        else:
            shutil.copy2(ROOT / part, to / part)


class Machine:
    """Running from `start` to `stop`. Commands run in it as root."""

    def __init__(self, folder: Path, base: Path) -> None:
        self.root = folder / "root"
        for name in ("root", "upper", "work"):
            (folder / name).mkdir()
        copy_source(folder / "upper" / "src")
        for name, body in COMMANDS.items():
            self.program(folder / "upper" / "usr" / "bin" / name, body)
        shutil.copy(HERE / "pid1.py", folder / "upper" / "pid1.py")
        (folder / "upper" / "etc").mkdir()
        (folder / "upper" / "etc" / "hosts").write_text(HOSTS)
        weights = folder / "upper" / "var/lib/likeness/weights"
        weights.mkdir(parents=True)
        for file in weights_dir().glob("*"):
            shutil.copy(file, weights)
        lower = f"lowerdir={base}/root,upperdir={folder}/upper,workdir={folder}/work"
        self.script = f"""
            ip link set lo up
            hostname box
            mount -t overlay overlay -o {lower} {self.root}
            mount -t proc proc {self.root}/proc
            mount --rbind /dev {self.root}/dev
            mount -t tmpfs run {self.root}/run
            mount -t tmpfs tmp {self.root}/tmp
            exec chroot {self.root} python3 /pid1.py
        """
        self.process: subprocess.Popen[bytes] | None = None
        self.pid = 0

    @staticmethod
    def program(path: Path, body: str) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"#!/bin/sh\n{body}\n")
        path.chmod(0o755)

    def start(self) -> None:
        apart = ["unshare", "--net", "--uts", "--mount", "--pid", "--fork", "--kill-child"]
        self.process = subprocess.Popen([*apart, "sh", "-euc", self.script])
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children")
        until = time.monotonic() + 30
        while not (self.pid and self.run("test -S /run/pid1.socket").returncode == 0):
            assert self.process.poll() is None and time.monotonic() < until
            time.sleep(0.05)
            self.pid = int(children.read_text().split()[0]) if children.read_text() else 0

    def stop(self) -> None:
        if self.process:
            self.process.kill()
            self.process.wait()

    def enter(self) -> list[str]:
        """What goes before a command that runs in it."""
        kinds = ("--mount", "--uts", "--net", "--pid", "--root", "--wd")
        return ["nsenter", f"--target={self.pid}", *kinds]

    @property
    def files(self) -> Path:
        """Its root as it sees it, for who is outside."""
        return Path(f"/proc/{self.pid}/root")

    def run(self, script: str, timeout: float = 300) -> subprocess.CompletedProcess[str]:
        """What a shell of root does there."""
        environment = {
            "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
            "PIP_NO_INDEX": "1",
            "PIP_FIND_LINKS": "/wheels",
            "HOME": "/root",
        }
        return subprocess.run(
            [*self.enter(), "sh", "-c", script],
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=timeout,
        )

    def ok(self, script: str, timeout: float = 300) -> str:
        """Its output. Fails where the script does."""
        done = self.run(script, timeout)
        assert done.returncode == 0, f"{script}: {done.stdout[-3000:]}\n{done.stderr[-3000:]}"
        return done.stdout
