"""Looking after the versions of a model: list, inspect, compare, promote.

Works on bundles through the registry; promoting is guarded, because a worse version that answers is
noticed late.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from data_cleaning.datasets.dataset import Item
from data_cleaning.errors import BundleBroken, BundleWorse, LikenessError, WeightsMissing
from data_cleaning.files import sha256_of_file
from data_cleaning.json_types import JsonObject
from data_cleaning.pretrained import locate
from model.evaluation.figures import Interval
from model.evaluation.metrics import outcome, summary
from model.evaluation.plain_data import fields_of
from model.recipes.recipe import Recipe
from model.recognition.manifest import Facts, RecordedFigures
from model.recognition.naming.recogniser import Acceptance
from model.recognition.registry import Registry
from model.training.samples import readable, samples


@dataclass(frozen=True)
class VersionRow:
    """A version in a list: does it answer, when was it trained, how good is it."""

    name: str
    version: int
    active: bool
    trained: str | None
    recipe: str
    classes: int
    accuracy: float | None


def versions(registry: Registry, names: Sequence[str] = ()) -> list[VersionRow]:
    """Every version of each name, all by default."""
    rows = []
    for name in names or registry.names():
        active = registry.active(name)
        rows += [_row(registry, name, version, active) for version in registry.versions(name)]
    return rows


def _row(registry: Registry, name: str, version: int, active: int) -> VersionRow:
    manifest = registry.manifest(name, version)
    recorded = manifest.facts.crossval
    return VersionRow(
        name=name,
        version=version,
        active=version == active,
        trained=manifest.facts.trained,
        recipe=manifest.recipe["name"],
        classes=len(manifest.labels),
        accuracy=recorded.accuracy if recorded else None,
    )


@dataclass(frozen=True)
class NeededWeights:
    """A pretrained file that a version needs; sha256: None where it is not installed."""

    name: str
    installed: bool
    sha256: str | None


@dataclass(frozen=True)
class VersionDetails:
    """Everything a version says about itself. files: sizes in bytes by name."""

    name: str
    version: int
    active: bool
    labels: tuple[str, ...]
    recipe: JsonObject
    acceptance: Acceptance
    facts: Facts
    enrolled: int
    weights: tuple[NeededWeights, ...]
    files: Mapping[str, int]

    def to_json(self) -> JsonObject:
        return fields_of(self)


def inspect(registry: Registry, name: str, version: int | None = None) -> VersionDetails:
    """A version by its manifest, the active one by default; nothing of it is loaded."""
    version = registry.active(name) if version is None else version
    manifest = registry.manifest(name, version)
    folder = registry.path(name, version)
    files = [path for path in sorted(folder.rglob("*")) if path.is_file()]
    return VersionDetails(
        name=name,
        version=version,
        active=version == registry.active(name),
        labels=manifest.labels,
        recipe=manifest.recipe,
        acceptance=manifest.acceptance,
        facts=manifest.facts,
        enrolled=len(manifest.sources),
        weights=tuple(_needed(weights) for weights in Recipe.from_json(manifest.recipe).weights()),
        files={path.relative_to(folder).as_posix(): path.stat().st_size for path in files},
    )


def _needed(name: str) -> NeededWeights:
    try:
        return NeededWeights(name, True, sha256_of_file(locate(name)))
    except WeightsMissing:
        return NeededWeights(name, False, None)


@dataclass(frozen=True)
class StrangerRates:
    """Of an evaluation with strangers: the shares of them named and of the known missed."""

    fpir: float
    fnir: float
    strangers: int


@dataclass(frozen=True)
class VersionScore:
    """One version's figures on an evaluation set. seen: how many of its pictures the version was
    trained on.
    """

    version: int
    pictures: int
    correct: int
    accuracy: float | None
    accuracy_interval: Interval | None
    failure_to_acquire: float | None
    ece: float | None
    seconds_per_picture: float | None = None
    unknown: StrangerRates | None = None
    seen: int = 0


@dataclass(frozen=True)
class Comparison:
    """Two versions side by side. basis: "evaluation" or "crossval".

    comparable: were both judged on the same pictures? better: the version with more right answers,
    None for a draw or where they are not comparable.
    """

    name: str
    basis: str
    comparable: bool
    better: int | None
    versions: tuple[VersionScore, VersionScore]

    def to_json(self) -> JsonObject:
        return fields_of(self)


def compare(
    registry: Registry, name: str, pair: tuple[int, int], items: Sequence[Item] | None = None
) -> Comparison:
    """On the same labelled pictures, else by the cross-validation each was saved with.

    Raises BundleBroken where a version recorded none.
    """
    old, new = pair
    if items is not None:
        scores = _scored(registry, name, old, items), _scored(registry, name, new, items)
        return Comparison(name, "evaluation", True, _better(scores), scores)
    digests = [registry.manifest(name, version).facts.data_sha256 for version in pair]
    scores = _recorded(registry, name, old), _recorded(registry, name, new)
    comparable = digests[0] is not None and digests[0] == digests[1]
    better = _better(scores) if comparable else None
    return Comparison(name, "crossval", comparable, better, scores)


def _better(scores: tuple[VersionScore, VersionScore]) -> int | None:
    first, second = (score.accuracy or 0.0 for score in scores)
    if first == second:
        return None
    return scores[0].version if first > second else scores[1].version


def _recorded(registry: Registry, name: str, version: int) -> VersionScore:
    recorded: RecordedFigures | None = registry.manifest(name, version).facts.crossval
    if recorded is None:
        raise BundleBroken(
            f"Version {version} of {name} records no figures; give a data set to compare on."
        )
    return VersionScore(
        version=version,
        pictures=recorded.pictures,
        correct=recorded.correct,
        accuracy=recorded.accuracy,
        accuracy_interval=recorded.accuracy_interval,
        failure_to_acquire=recorded.failure_to_acquire,
        ece=recorded.ece,
    )


def _scored(registry: Registry, name: str, version: int, items: Sequence[Item]) -> VersionScore:
    bundle = registry.load(name, version)
    measured = readable(samples(items, bundle.recipe))
    figures = summary([outcome(s, bundle.recogniser, bundle.recipe) for s in measured])
    known = set(bundle.recogniser.gallery.sources)
    strange = figures.unknown
    return VersionScore(
        version=version,
        pictures=figures.pictures,
        correct=figures.correct,
        accuracy=figures.accuracy,
        accuracy_interval=figures.accuracy_interval,
        failure_to_acquire=figures.failure_to_acquire,
        ece=figures.ece,
        seconds_per_picture=figures.seconds_per_picture,
        unknown=StrangerRates(strange.fpir, strange.fnir, strange.strangers) if strange else None,
        seen=sum(item.sha256 in known for item in items),
    )


@dataclass(frozen=True)
class Promotion:
    """A version that answers from now on. comparison: None where nothing could be compared."""

    name: str
    version: int
    before: int
    comparison: Comparison | None

    def to_json(self) -> JsonObject:
        return fields_of(self)


def promote(
    registry: Registry,
    name: str,
    version: int,
    items: Sequence[Item] | None = None,
    force: bool = False,
) -> Promotion:
    """Make a version the active one unless it is worse than the active one on the same pictures.

    Raises BundleWorse, with both numbers, where it is worse and force is not given; BundleError
    where it does not load: a version that cannot answer is never promoted.
    """
    registry.load(name, version)
    before = registry.active(name)
    comparison = None
    if version != before:
        comparison = _comparison(registry, name, (before, version), items)
        if comparison and comparison.better == before and not force:
            raise _worse(comparison)
    registry.promote(name, version)
    return Promotion(name, version, before, comparison)


def _worse(comparison: Comparison) -> BundleWorse:
    old, new = comparison.versions
    return BundleWorse(
        f"Version {new.version} of {comparison.name} is worse than the active version"
        f" {old.version}: {new.accuracy or 0.0:.1%} against {old.accuracy or 0.0:.1%} right"
        f" ({comparison.basis}, the same pictures). Give --force to promote it all the same."
    )


def _comparison(
    registry: Registry, name: str, pair: tuple[int, int], items: Sequence[Item] | None
) -> Comparison | None:
    """A comparison that means something, or None: an active version that is broken must not bar its
    successor.
    """
    try:
        comparison = compare(registry, name, pair, items)
    except LikenessError:
        return None
    return comparison if comparison.comparable else None
