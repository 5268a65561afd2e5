"""What is installed here, as a CycloneDX document or as a list of licences.

    python deploy/checkout/sbom.py               an SBOM (CycloneDX 1.6, JSON)
    python deploy/checkout/sbom.py --licences    a table of names, versions and licences

It starts from requirements.txt (and what is installed of the optional ones) and follows what each
library needs. It reads the metadata of the installed libraries and asks nobody else. The same
libraries give the same document: it holds no time and no random number.
"""

from __future__ import annotations

import argparse
import json
import re
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
LISTS = (
    "requirements.txt",
    "requirements-postgres.txt",
    "requirements-faiss.txt",
    "requirements-ddgs.txt",
    "requirements-mqtt.txt",
    "requirements-s3.txt",
    "requirements-gs.txt",
    "requirements-az.txt",
)
NAME = re.compile(r"([A-Za-z0-9][A-Za-z0-9._-]*)(?:\[([\w,-]+)\])?")
EXTRA = re.compile(r"extra == ['\"]([\w-]+)['\"]")
LONGEST_NAME = 60  # of a licence; some libraries put the whole text there
NOT_STATED = "not stated in its metadata: see THIRD_PARTY.md"


def plain(name: str) -> str:
    """A library's name as registries compare it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def asked_for() -> dict[str, set[str]]:
    """The names in the lists of requirements that are there, each with its extras."""
    files = [ROOT / name for name in LISTS if (ROOT / name).is_file()]
    lines = [line for file in files for line in file.read_text("utf-8").splitlines()]
    found = [match for line in lines if (match := NAME.match(line))]
    return {plain(match[1]): set((match[2] or "").split(",")) for match in found}


def needed_by(library: Distribution, extras: set[str]) -> list[str]:
    """What it needs always, and for these extras of its own."""
    needed = set()
    for line in library.requires or []:
        only_for = EXTRA.search(line)
        name = NAME.match(line)
        if name and (only_for is None or only_for[1] in extras):
            needed.add(plain(name[1]))
    return sorted(needed)


def installed(name: str) -> Distribution | None:
    """None for what another system or another version of Python would need, and this one not."""
    try:
        return distribution(name)
    except PackageNotFoundError:
        return None


def libraries() -> dict[str, Distribution]:
    """All that is asked for and installed, with what that needs, by name."""
    found: dict[str, Distribution] = {}
    asked = asked_for()
    waiting = list(asked)
    while waiting:
        name = waiting.pop()
        library = None if name in found else installed(name)
        if library is not None:
            found[name] = library
            waiting += needed_by(library, asked.get(name, set()))
    return dict(sorted(found.items()))


def licence(library: Distribution) -> tuple[str, str]:
    """(kind, text): kind is `expression` for an SPDX expression, `name` for the library's words."""
    fields = library.metadata
    expression = fields.get("License-Expression")
    if expression:
        return "expression", expression
    words = (fields.get("License") or "").strip()
    if words and "\n" not in words and len(words) <= LONGEST_NAME:
        return "name", words
    classes = [line for line in fields.get_all("Classifier") or [] if line.startswith("License ::")]
    named = [line.rpartition(" :: ")[2] for line in classes]
    return "name", " and ".join(name for name in named if name != "OSI Approved") or NOT_STATED


def component(name: str, library: Distribution) -> dict[str, object]:
    kind, text = licence(library)
    address = f"pkg:pypi/{name}@{library.version}"
    return {
        "type": "library",
        "bom-ref": address,
        "name": name,
        "version": library.version,
        "licenses": [{"expression": text} if kind == "expression" else {"license": {"name": text}}],
        "purl": address,
    }


def document(found: dict[str, Distribution]) -> dict[str, object]:
    refs = {name: f"pkg:pypi/{name}@{library.version}" for name, library in found.items()}
    asked = asked_for()
    dependencies = []
    for name, library in found.items():
        needed = needed_by(library, asked.get(name, set()))
        known = [refs[other] for other in needed if other in refs]
        dependencies.append({"ref": refs[name], "dependsOn": known})
    direct = sorted(refs[name] for name in asked if name in refs)
    return {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {
            "component": {"type": "application", "bom-ref": "likeness", "name": "likeness"}
        },
        "components": [component(name, library) for name, library in found.items()],
        "dependencies": [{"ref": "likeness", "dependsOn": direct}, *dependencies],
    }


def licence_table(found: dict[str, Distribution]) -> str:
    rows = [(name, library.version, licence(library)[1]) for name, library in found.items()]
    return "\n".join(f"{name:<28} {version:<14} {text}" for name, version, text in rows)


def main() -> None:
    parser = argparse.ArgumentParser(description="What is installed here, and its licences.")
    parser.add_argument("--licences", action="store_true", help="a table instead of the SBOM")
    found = libraries()
    table = parser.parse_args().licences
    print(licence_table(found) if table else json.dumps(document(found), indent=1))


if __name__ == "__main__":
    main()
