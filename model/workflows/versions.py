"""Looking after the versions of a model: list, inspect, compare, promote.

Works on bundles through the registry; promoting is guarded, because a worse version that answers is
noticed late.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from data_cleaning.datasets.dataset import Item
from data_cleaning.errors import BundleBroken, BundleWorse, LikenessError, WeightsMissing
from data_cleaning.files import sha256_of_file
from data_cleaning.pretrained import locate
from model.evaluation.metrics import outcome, summary
from model.recipes.recipe import Recipe
from model.recognition.registry import Registry
from model.training.samples import readable, samples

FIGURES = ("accuracy", "accuracy_interval", "failure_to_acquire", "ece", "seconds_per_picture")


def versions(registry: Registry, names: Sequence[str] = ()) -> list[dict[str, Any]]:
    """A line for each version of each name (all by default): is it active, when trained, how good."""
    lines = []
    for name in names or registry.names():
        active = registry.active(name)
        for version in registry.versions(name):
            manifest = registry.manifest(name, version)
            recorded = manifest.facts.crossval
            lines.append(
                {
                    "name": name,
                    "version": version,
                    "active": version == active,
                    "trained": manifest.facts.trained,
                    "recipe": manifest.recipe["name"],
                    "classes": len(manifest.labels),
                    "accuracy": recorded.accuracy if recorded else None,
                }
            )
    return lines


def inspect(registry: Registry, name: str, version: int | None = None) -> dict[str, Any]:
    """Everything a version says about itself: facts, recipe, threshold, files, the pretrained files
    it needs.
    """
    version = registry.active(name) if version is None else version
    manifest = registry.manifest(name, version)
    folder = registry.path(name, version)
    return {
        "name": name,
        "version": version,
        "active": version == registry.active(name),
        "labels": list(manifest.labels),
        "recipe": manifest.recipe,
        "acceptance": asdict(manifest.acceptance),
        "facts": manifest.facts.to_json(),
        "enrolled": len(manifest.sources),
        "weights": _weights(Recipe.from_json(manifest.recipe)),
        "files": {
            path.relative_to(folder).as_posix(): path.stat().st_size
            for path in sorted(folder.rglob("*"))
            if path.is_file()
        },
    }


def _weights(recipe: Recipe) -> list[dict[str, Any]]:
    """Name and sha256 of each pretrained file that a recipe needs; the hash is None where it is not
    installed.
    """
    found = []
    for name in recipe.weights():
        try:
            path: Path | None = locate(name)
        except WeightsMissing:
            path = None
        found.append(
            {
                "name": name,
                "installed": path is not None,
                "sha256": sha256_of_file(path) if path else None,
            }
        )
    return found


@dataclass(frozen=True)
class VersionScore:
    """One version's figures on an evaluation set. seen: how many of its pictures the version was
    trained on.
    """

    version: int
    figures: dict[str, Any]
    seen: int

    def to_json(self) -> dict[str, Any]:
        short = {key: self.figures.get(key) for key in ("pictures", "correct", *FIGURES)}
        strange = self.figures.get("unknown")
        rates = {key: strange[key] for key in ("fpir", "fnir", "strangers")} if strange else None
        return {"version": self.version, **short, "unknown": rates, "seen": self.seen}


def compare(
    registry: Registry, name: str, pair: tuple[int, int], items: Sequence[Item] | None = None
) -> dict[str, Any]:
    """Two versions side by side: on the same labelled pictures, else by the cross-validation each
    was saved with.

    comparable: were both judged on the same pictures? better: the version with more right answers,
    None for a draw or where they are not comparable.
    """
    if items is not None:
        trials = [_tried(registry, name, version, items) for version in pair]
        return _verdict(name, "evaluation", trials, comparable=True)
    recorded = [registry.manifest(name, version).facts for version in pair]
    missing = [
        version for version, facts in zip(pair, recorded, strict=True) if facts.crossval is None
    ]
    if missing:
        raise BundleBroken(
            f"Version {missing[0]} of {name} records no figures; give a data set to compare on."
        )
    trials = [
        VersionScore(version, asdict(facts.crossval), 0)
        for version, facts in zip(pair, recorded, strict=True)
        if facts.crossval
    ]
    digests = [facts.data_sha256 for facts in recorded]
    return _verdict(
        name, "crossval", trials, comparable=digests[0] is not None and digests[0] == digests[1]
    )


def _verdict(
    name: str, basis: str, trials: Sequence[VersionScore], comparable: bool
) -> dict[str, Any]:
    first, second = (trial.figures["accuracy"] or 0.0 for trial in trials)
    better = None
    if comparable and first != second:
        better = trials[0].version if first > second else trials[1].version
    return {
        "name": name,
        "basis": basis,
        "comparable": comparable,
        "better": better,
        "versions": [trial.to_json() for trial in trials],
    }


def _tried(registry: Registry, name: str, version: int, items: Sequence[Item]) -> VersionScore:
    bundle = registry.load(name, version)
    looked = samples(items, bundle.recipe)
    figures = summary(
        [outcome(s, bundle.recogniser, bundle.recipe) for s in readable(looked)],
        [s for s in looked if s.error],
    )
    known = set(bundle.recogniser.gallery.sources)
    return VersionScore(version, figures.to_json(), sum(item.sha256 in known for item in items))


def promote(
    registry: Registry,
    name: str,
    version: int,
    items: Sequence[Item] | None = None,
    force: bool = False,
) -> dict[str, Any]:
    """Make a version the active one unless it is worse than the active one on the same pictures.

    Returns {"name", "version", "before", "comparison"}; comparison is None where nothing could be
    compared. Raises BundleWorse, with both numbers, where it is worse and force is not given;
    BundleError where it does not load: a version that cannot answer is never promoted.
    """
    registry.load(name, version)
    before = registry.active(name)
    comparison = None
    if version != before:
        comparison = _comparison(registry, name, (before, version), items)
        if comparison and comparison["better"] == before and not force:
            old, new = (one["accuracy"] for one in comparison["versions"])
            raise BundleWorse(
                f"Version {version} of {name} is worse than the active version {before}: "
                f"{new:.1%} against {old:.1%} right ({comparison['basis']}, the same pictures). "
                "Give --force to promote it all the same."
            )
    registry.promote(name, version)
    return {"name": name, "version": version, "before": before, "comparison": comparison}


def _comparison(
    registry: Registry, name: str, pair: tuple[int, int], items: Sequence[Item] | None
) -> dict[str, Any] | None:
    """A comparison that means something, or None: an active version that is broken must not bar its
    successor.
    """
    try:
        found = compare(registry, name, pair, items)
    except LikenessError:
        return None
    return found if found["comparable"] else None
