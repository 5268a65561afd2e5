"""What the commands that look after versions do: list, inspect, compare, promote, rollback, forget.

Prints.
"""

from __future__ import annotations

import json
from argparse import Namespace
from pathlib import Path
from typing import Any

from data_cleaning.progress import Progress
from model.commands import labelled
from model.recognition.registry import Registry
from model.workflows import versions
from model.workflows.erase_class import Erasure, erase_class


def list_versions(args: Namespace) -> int:
    """Every version of one model, or of all."""
    lines = versions.versions(Registry(args.artifacts), [args.name] if args.name else ())
    if args.json:
        print(json.dumps(lines, ensure_ascii=False))
        return 0
    for line in lines:
        mark = "active" if line["active"] else ""
        print(
            f"{line['name']:<24} {line['version']:>4} {mark:<7} {line['recipe']:<16}"
            f" {line['classes']:>4} classes  {_percent(line['accuracy']):>7} right "
            f" {line['trained'] or ''}"
        )
    return 0


def inspect(args: Namespace) -> int:
    """All that one version says about itself."""
    found = versions.inspect(Registry(args.artifacts), args.name, args.version)
    if args.json:
        print(json.dumps(found, ensure_ascii=False))
        return 0
    facts, acceptance = found["facts"], found["acceptance"]
    print(f"{found['name']} version {found['version']}{', active' if found['active'] else ''}")
    print(f"  trained     {facts.get('trained')} on {facts.get('dataset', 'a data set')}")
    print(f"  classes     {', '.join(f'{k} {v}' for k, v in facts.get('pictures', {}).items())}")
    print(f"  recipe      {found['recipe']['name']}; classifier {facts.get('classifier')}")
    print(
        f"  threshold   {acceptance['score']} >= {acceptance['threshold']:.4f}"
        f" ({acceptance['basis']})"
    )
    print(f"  crossval    {_percent(facts.get('crossval', {}).get('accuracy'))} right")
    print(f"  holds       {facts.get('holds')}")
    for weight in found["weights"]:
        print(
            f"  needs       {weight['name']}"
            f" {weight['sha256'] or 'NOT INSTALLED: python -m model weights'}"
        )
    for name, size in found["files"].items():
        print(f"  file        {name} ({size:,} bytes)")
    return 0


def compare(args: Namespace) -> int:
    """Two versions side by side."""
    found = versions.compare(
        Registry(args.artifacts), args.name, (args.a, args.b), _items(args.data)
    )
    if args.json:
        print(json.dumps(found, ensure_ascii=False))
        return 0
    first, second = found["versions"]
    print(
        f"{'':<22} {'version ' + str(first['version']):>14}"
        f" {'version ' + str(second['version']):>14}"
    )
    for key in (
        "pictures",
        "correct",
        "accuracy",
        "failure_to_acquire",
        "ece",
        "seconds_per_picture",
    ):
        print(f"{key:<22} {_cell(key, first[key]):>14} {_cell(key, second[key]):>14}")
    for key in ("fpir", "fnir"):
        if first["unknown"] and second["unknown"]:
            print(
                f"{key:<22} {_percent(first['unknown'][key]):>14}"
                f" {_percent(second['unknown'][key]):>14}"
            )
    if first["seen"] or second["seen"]:
        print(
            f"{'learnt from already':<22} {first['seen']:>14} {second['seen']:>14}  <- pictures;"
            " they flatter"
        )
    print(_in_words(found))
    return 0


def _in_words(found: dict[str, Any]) -> str:
    if not found["comparable"]:
        return (
            "They were trained on different pictures: these figures cannot be held against each"
            " other. Give DATA."
        )
    return (
        "Neither is better."
        if found["better"] is None
        else f"Version {found['better']} has more right answers."
    )


def promote(args: Namespace) -> int:
    """Make a version the active one, unless it is worse."""
    found = versions.promote(
        Registry(args.artifacts), args.name, args.number, _items(args.data), args.force
    )
    if args.json:
        print(json.dumps(found, ensure_ascii=False))
        return 0
    print(
        f"Version {found['version']} of {found['name']} is active; before it was {found['before']}."
    )
    if found["comparison"]:
        old, new = (one["accuracy"] for one in found["comparison"]["versions"])
        print(f"On the same pictures: {_percent(new)} right, before {_percent(old)}.")
    elif found["version"] != found["before"]:
        print(
            "They were not compared: they were trained on different pictures. Give --data DATA to"
            " compare them."
        )
    return 0


def rollback(args: Namespace) -> int:
    """Make the version before the active one active."""
    registry = Registry(args.artifacts)
    before = registry.active(args.name)
    version = registry.rollback(args.name)
    if args.json:
        print(json.dumps({"name": args.name, "version": version, "before": before}))
    else:
        print(f"Version {version} of {args.name} is active; before it was {before}.")
    return 0


def forget_class(args: Namespace) -> int:
    """Retrain without a class and remove what knows it."""
    progress = Progress(args.progress_json)
    registry = Registry(args.artifacts)
    data = args.data or (args.datasets and _data_set(registry, args.name, args.datasets))
    what = Erasure(registry, args.name, args.label, data, args.delete_pictures)
    found = erase_class(what, progress)
    progress.close()
    if args.json:
        print(json.dumps(found, ensure_ascii=False))
        return 0
    if found["trained"]:
        print(
            f"Trained {args.name} version {found['trained']} without {args.label}; it is the active"
            " one."
        )
    gone = ", ".join(str(v) for v in found["removed_versions"])
    print(f"Removed versions that knew them: {gone or 'none'}.")
    if found["deleted"]:
        print(
            f"Deleted {found['deleted']['pictures']} pictures and {found['deleted']['decisions']}"
            " decisions."
        )
    left = found["left"]
    pictures = "not looked at, no --data given" if left["pictures"] is None else left["pictures"]
    print(
        f"Left of them: labels {left['labels']}, enrolled examples {left['examples']}, pictures"
        f" {pictures}."
    )
    if found["others"]:
        print(f"Other models know a class of that name: {', '.join(found['others'])}.")
    return 0


def _data_set(registry: Registry, name: str, folder: Path) -> Path | None:
    """The data set that the active version says it was trained on, where it lies in that folder."""
    facts = versions.manifest(registry, name, registry.active(name))["facts"]
    data = folder / facts.get("dataset", name)
    return data if data.is_dir() else None


def _items(data: Path | None) -> list[Any] | None:
    return None if data is None else labelled(data)


def _cell(key: str, value: Any) -> str:
    if value is None:
        return "-"
    if key == "seconds_per_picture":
        return f"{1000 * value:.0f} ms"
    return str(value) if isinstance(value, int) else _percent(value)


def _percent(share: float | None) -> str:
    return "-" if share is None else f"{share:.1%}"
