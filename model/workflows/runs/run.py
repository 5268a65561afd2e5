"""A run: the folder of a version, with what went in and what came of it as plain JSON.

params.json and metrics.json are flat, so that tools and people read them alike. No class is named
in them.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from data_cleaning.errors import BundleMissing
from data_cleaning.json_types import JsonObject
from model.recognition.manifest import Manifest
from model.recognition.registry import Registry

PARAMS, METRICS = "params.json", "metrics.json"
Params = Mapping[str, str | int | float | bool | None]
Metrics = Mapping[str, float]


@dataclass(frozen=True)
class Run:
    """params: what went in. metrics: what came of it. artifacts: names of the folder's files."""

    name: str
    version: int
    trained: str | None
    params: Params
    metrics: Metrics
    artifacts: tuple[str, ...]
    folder: Path

    @property
    def title(self) -> str:
        return f"{self.name}/{self.version}"

    def to_json(self) -> JsonObject:
        return {
            "run": self.title,
            "trained": self.trained,
            "params": dict(self.params),
            "metrics": dict(self.metrics),
            "artifacts": list(self.artifacts),
            "folder": str(self.folder),
        }


def run_files(recipe: JsonObject, facts: JsonObject, figures: JsonObject) -> dict[str, str]:
    """params.json and metrics.json of a training."""
    params, metrics = params_of(recipe, facts), metrics_of(figures, facts)
    return {PARAMS: json.dumps(params, indent=1), METRICS: json.dumps(metrics, indent=1)}


def read_run(registry: Registry, name: str, version: int) -> Run:
    """A version as a run; of one that has no such files, from its manifest and report.

    Raises BundleMissing, BundleBroken.
    """
    manifest, folder = registry.manifest(name, version), registry.path(name, version)
    files = (p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file())
    return Run(
        name,
        version,
        manifest.facts.trained,
        _read(folder / PARAMS) or params_of(manifest.recipe, manifest.facts.to_json()),
        _read(folder / METRICS) or _metrics_before(manifest, folder),
        tuple(sorted(files)),
        folder,
    )


def runs(registry: Registry, wanted: Sequence[str] = ()) -> list[Run]:
    """The runs of models (`family`) or single ones (`family/3`), oldest first; all by default.

    Raises BundleMissing, BundleBroken.
    """
    found = []
    for text in wanted or registry.names():
        name, _, number = text.partition("/")
        if number and not number.isdecimal():
            raise BundleMissing(f"{text!r} is no run; write NAME or NAME/VERSION.")
        versions = [int(number)] if number else registry.versions(name)
        if not versions:
            registry.active(name)  # says which models there are
        found += [read_run(registry, name, version) for version in versions]
    return found


def params_of(recipe: JsonObject, facts: JsonObject) -> Params:
    """What went into a training, flat."""
    options = facts.get("wishes") or {}
    pictures = facts.get("pictures") or {}
    chosen = facts.get("classifier")
    trials = [row for row in facts.get("trials") or () if row["name"] == chosen]
    best = trials[0]["parameters"] if trials else {}
    return {
        "dataset": facts.get("dataset"),
        "data_sha256": facts.get("data_sha256"),
        "pictures": sum(pictures.values()),
        "classes": sum(not label.startswith("_") for label in pictures),
        "recipe": recipe["name"],
        "detector": recipe["detector"]["name"],
        "crop": recipe["crop"]["name"],
        "features": "+".join(step["name"] for step in recipe["features"]),
        "classifier": chosen,
        **{f"classifier_{key.split('__')[-1]}": value for key, value in best.items()},
        "folds": options.get("folds"),
        "fpir": recipe.get("fpir") if options.get("fpir") is None else options["fpir"],
        "augment": options.get("augment", ""),
        "private": bool(options.get("private")),
        "multi_label": bool(facts.get("multi_label")),
        "likeness": (facts.get("versions") or {}).get("likeness"),
    }


def metrics_of(figures: JsonObject, facts: JsonObject) -> Metrics:
    """What came of a training, flat: what was not measured is left out."""
    low, high = figures.get("accuracy_interval") or (None, None)
    strange = figures.get("unknown") or {}
    accepted = facts.get("acceptance") or {}
    test = (figures.get("held_out_test") or {}).get("figures") or {}
    simpler = (figures.get("baselines") or {}).get("rows", ())
    found = {
        "accuracy": figures.get("accuracy"),
        "accuracy_low": low,
        "accuracy_high": high,
        "accuracy_when_found": figures.get("accuracy_when_found"),
        "train_accuracy": figures.get("train_accuracy"),
        "test_accuracy": test.get("accuracy"),
        "top_3_accuracy": figures.get("top_3_accuracy"),
        "failure_to_acquire": figures.get("failure_to_acquire"),
        "fpir": strange.get("fpir", accepted.get("fpir")),
        "fnir": strange.get("fnir", accepted.get("fnir")),
        "threshold": accepted.get("threshold"),
        "ece": figures.get("ece"),
        "mean_average_precision": figures.get("mean_average_precision"),
        "macro_f1": figures.get("macro_f1"),
        **{f"{row['name']}_accuracy": row["accuracy"] for row in simpler},
        "seconds_per_picture": figures.get("seconds_per_picture"),
        "seconds": facts.get("seconds"),
    }
    return {name: float(value) for name, value in found.items() if value is not None}


def _metrics_before(manifest: Manifest, folder: Path) -> Metrics:
    """Of a version that was saved before runs had files."""
    facts = manifest.facts.to_json()
    report = _read(folder / "report.json")
    return metrics_of(report.get("figures") or facts.get("crossval") or {}, facts)


def _read(path: Path) -> JsonObject:
    try:
        found = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}
