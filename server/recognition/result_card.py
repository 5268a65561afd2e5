"""What a training came to, on one card: from the facts of its version, beside the one before."""

from __future__ import annotations

from collections.abc import Mapping
from types import SimpleNamespace
from typing import cast

from data_cleaning.errors import BundleError
from data_cleaning.json_types import JsonObject
from model.recognition.manifest import Facts, Manifest, RecordedFigures, read_manifest
from model.recognition.protocols import RecognitionModel
from server.context import current
from server.errors import NotFound
from server.recognition.schemas import EarlierVersion, MoreRow, ResultCard, WeakestRow


def result_card(name: str, version: int | None) -> ResultCard:
    """version: None is the one that answers. Raises BundleError, NotFound."""
    models = current().models
    chosen = version or models.get(name).version
    versions = models.registry.versions(name)
    if chosen not in versions:
        raise NotFound(f"The model {name} has no version {chosen}.")
    manifest = read_manifest(models.registry.path(name, chosen))
    facts, figures = manifest.facts, manifest.facts.crossval or RecordedFigures()
    hidden = hidden_in(manifest)
    verdict = _verdict(facts, hidden)
    measured = verdict.get("measured") or {}
    report = models.registry.path(name, chosen) / "report.html"
    return ResultCard(
        name=name,
        version=chosen,
        recipe=str(manifest.recipe.get("name", "")),
        trained=facts.trained,
        sentence=verdict.get("sentence", ""),
        fit=verdict.get("fit"),
        pictures=figures.pictures,
        correct=figures.correct,
        accuracy=figures.accuracy,
        interval=list(figures.accuracy_interval) if figures.accuracy_interval else None,
        strangers_named=measured.get("named", verdict.get("promised")),
        strangers_measured=measured.get("count", 0),
        weakest=WeakestRow(**verdict["weakest"]) if verdict.get("weakest") else None,
        add=MoreRow(**verdict["add"]) if verdict.get("add") else None,
        before=_before(manifest, [v for v in versions if v < chosen], hidden),
        report=f"/api/models/{name}/report?version={chosen}" if report.is_file() else None,
    )


def _verdict(facts: Facts, hidden: set[str]) -> JsonObject:
    """Nothing of it where it speaks of somebody who must not be named."""
    verdict = facts.verdict or {}
    return {} if hidden.intersection(verdict.get("names", ())) else verdict


def hidden_in(manifest: Manifest) -> set[str]:
    """Labels of a version, loaded or not, that must not be named."""
    parts = SimpleNamespace(name=manifest.name, version=manifest.version, labels=manifest.labels)
    return current().models.hidden_labels(cast(RecognitionModel, parts))


def _before(manifest: Manifest, earlier: list[int], hidden: set[str]) -> EarlierVersion | None:
    """The newest of the earlier versions that can be read."""
    for version in reversed(earlier):
        try:
            old = read_manifest(current().models.registry.path(manifest.name, version))
        except BundleError:
            continue
        concealed = hidden | hidden_in(old)
        return EarlierVersion(
            version=version,
            accuracy=old.facts.crossval.accuracy if old.facts.crossval else None,
            change=_change(old.facts.crossval, manifest.facts.crossval),
            pictures=_count(manifest.facts.pictures) - _count(old.facts.pictures),
            added=sorted({*manifest.labels} - {*old.labels} - concealed),
            removed=sorted({*old.labels} - {*manifest.labels} - concealed),
        )
    return None


def _change(old: RecordedFigures | None, new: RecordedFigures | None) -> str:
    """Better or worse only where the intervals do not overlap."""
    first = old.accuracy_interval if old else None
    second = new.accuracy_interval if new else None
    if first and second and second[0] > first[1]:
        return "better"
    if first and second and second[1] < first[0]:
        return "worse"
    return "same"


def _count(pictures: Mapping[str, int] | None) -> int:
    return sum((pictures or {}).values())
