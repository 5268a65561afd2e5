"""requirements.lock: every pinned library of the product with hashes, and no index by name."""

from __future__ import annotations

import re

import pytest
from packaging.markers import Marker

from tests.support.paths import ROOT

ENTRY = re.compile(
    r"^([a-z0-9.-]+)==(\S+?)(?: ; ([^\\\n]+))? \\\n((?:    --hash=sha256:[0-9a-f]{64}(?: \\)?\n)+)",
    re.MULTILINE,
)
PIN = re.compile(r"^([\w.-]+)(?:\[\w+\])?==([\w.]+)", re.MULTILINE)
OF_MACHINE_CODE = ("numpy", "scipy", "opencv-python-headless", "onnxruntime", "pillow")
PYTHONS = ("3.11.2", "3.11.9", "3.12.3", "3.13.5", "3.14.0")  # the first is Debian 12's
LOCK = (ROOT / "requirements.lock").read_text("utf-8")


def test_every_pin_stands_in_the_lock() -> None:
    locked = {(found[1], found[2]) for found in ENTRY.finditer(LOCK)}
    pins = PIN.findall((ROOT / "requirements.txt").read_text("utf-8"))
    wanted = {(name.lower().replace("_", "-"), version) for name, version in pins}
    assert wanted <= locked, f"run `make lock`: {sorted(wanted - locked)} are not in it"


def test_the_lock_holds_nothing_but_hashes() -> None:
    rest = [line for line in ENTRY.sub("", LOCK).splitlines() if line and line[0] != "#"]
    assert not rest
    assert "://" not in LOCK


def test_a_library_of_machine_code_has_a_hash_for_each_processor() -> None:
    counts = {found[1]: found[4].count("--hash") for found in ENTRY.finditer(LOCK)}
    assert all(counts[name] >= 8 for name in OF_MACHINE_CODE), counts


@pytest.mark.parametrize("python", PYTHONS)
@pytest.mark.parametrize("processor", ["x86_64", "aarch64"])
def test_a_machine_finds_each_library_once(python: str, processor: str) -> None:
    machine = {"python_version": python.rpartition(".")[0], "python_full_version": python}
    machine |= {"platform_machine": processor, "sys_platform": "linux"}
    entries = [(found[1], found[3]) for found in ENTRY.finditer(LOCK)]
    names = [name for name, marker in entries if not marker or Marker(marker).evaluate(machine)]
    assert len(names) == len(set(names))
    left_out = [marker for name, marker in entries if name not in names]
    assert all("sys_platform" in marker for marker in left_out), left_out
