"""Writes requirements.lock: what requirements.txt needs as it is installed here, and all that comes
along, with the sha256 of every file of each release, so of all systems and Pythons.

`make lock` calls it, once pip-tools is there; it asks the package index for one page a library.
"""

from __future__ import annotations

import sys
from importlib.metadata import distribution
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from piptools.repositories import PyPIRepository

ROOT = Path(__file__).resolve().parent.parent
PYTHONS = ("3.11", "3.12", "3.13", "3.14")
PROCESSORS = ("x86_64", "aarch64")


def main() -> int:
    """Write the lock; raises PackageNotFoundError for what is not installed."""
    sources = PyPIRepository([], cache_dir=str(ROOT / "var" / "lock-cache"))
    names = sorted(closure((ROOT / "requirements.txt").read_text("utf-8")))
    lock = "".join(entry(name, sources) for name in names)
    (ROOT / "requirements.lock").write_text(lock, "utf-8")
    return 0


def closure(text: str) -> set[str]:
    """Names of what is pinned in a list of requirements, and of all that they require."""
    waiting = [line for line in text.splitlines() if line and line[0] != "#"]
    found: set[str] = set()
    while waiting:
        required = Requirement(waiting.pop())
        name = canonicalize_name(required.name)
        if name in found or not wanted(required):
            continue
        found.add(name)
        waiting += distribution(name).requires or []
    return found


def wanted(required: Requirement) -> bool:
    """Whether any Python and processor that the project runs on needs it."""
    return required.marker is None or any(
        required.marker.evaluate(
            {
                "python_version": python,
                "python_full_version": f"{python}.0",
                "platform_machine": processor,
                "extra": "",
            }
        )
        for python in PYTHONS
        for processor in PROCESSORS
    )


def entry(name: str, sources: PyPIRepository) -> str:
    """A library's lines. Raises SystemExit where the index tells no hashes."""
    version = distribution(name).version
    with sources.allow_all_wheels():
        links = [c.link for c in sources.find_all_candidates(name) if str(c.version) == version]
    hashes = sorted({link.hash for link in links if link.hash_name == "sha256" and link.hash})
    if not hashes:
        raise SystemExit(f"lock: the package index tells no sha256 of {name} {version}.")
    return " \\\n".join([f"{name}=={version}", *(f"    --hash=sha256:{h}" for h in hashes)]) + "\n"


if __name__ == "__main__":
    sys.exit(main())
