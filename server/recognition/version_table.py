"""The versions of a model side by side, and whom one of them took for whom.

Both come from what was written at the training; nothing is measured here.
"""

from __future__ import annotations

import json
from pathlib import Path

from data_cleaning.errors import BundleError
from data_cleaning.json_types import JsonObject
from model.recognition.manifest import Manifest, RecordedFigures, read_manifest
from server.context import current
from server.errors import NotFound
from server.recognition.result_card import hidden_in
from server.recognition.schemas import Confused, Confusion, VersionRow

NOBODY = "(none)"  # how a report calls pictures in which nobody was named


def version_table(name: str) -> list[VersionRow]:
    """Oldest first; a version that cannot be read is left out. Raises BundleMissing."""
    models = current().models
    active = models.get(name).version
    rows = []
    for version in models.registry.versions(name):
        try:
            manifest = read_manifest(models.registry.path(name, version))
        except BundleError:
            continue
        rows.append(_row(manifest, models.registry.path(name, version), version == active))
    return rows


def confusion(name: str, version: int | None) -> Confusion:
    """version: None is the one that answers. Raises NotFound where there is no report of it, or
    where it names somebody who asked to be forgotten.
    """
    models = current().models
    chosen = version or models.get(name).version
    if chosen not in models.registry.versions(name):
        raise NotFound(f"The model {name} has no version {chosen}.")
    folder = models.registry.path(name, chosen)
    manifest = read_manifest(folder)
    report = _report(folder)
    table = report.get("figures", {}).get("confusion")
    if not table:
        raise NotFound(f"Version {chosen} of {name} has no table of whom it takes for whom.")
    if hidden_in(manifest):
        raise NotFound(
            "This table names somebody who asked to be forgotten; the one after the retraining"
            " will not."
        )
    dataset = _managed(manifest.facts.dataset)
    return Confusion(
        version=chosen,
        labels=[None if label == NOBODY else label for label in table["labels"]],
        truths=table["truths"],
        matrix=table["matrix"],
        mistakes=[_confused(mistake, dataset) for mistake in report.get("mistakes", [])],
        dataset=dataset.name if dataset else None,
    )


def _row(manifest: Manifest, folder: Path, active: bool) -> VersionRow:
    facts = manifest.facts
    figures = facts.crossval or RecordedFigures()
    accepted = facts.acceptance
    measured = _report(folder).get("figures", {})
    return VersionRow(
        version=manifest.version,
        active=active,
        trained=facts.trained,
        recipe=str(manifest.recipe.get("name", "")),
        classifier=facts.classifier,
        dataset=facts.dataset,
        classes=len(set(manifest.labels) - hidden_in(manifest)),
        pictures=sum((facts.pictures or {}).values()),
        accuracy=figures.accuracy,
        interval=list(figures.accuracy_interval) if figures.accuracy_interval else None,
        failure_to_acquire=figures.failure_to_acquire,
        fpir=accepted.fpir if accepted else None,
        fnir=accepted.fnir if accepted else None,
        seconds=measured.get("seconds_per_picture"),
        size=sum(file.stat().st_size for file in folder.rglob("*") if file.is_file()),
        report=(folder / "report.html").is_file(),
        sheet=(folder / "report.pdf").is_file(),
    )


def _report(folder: Path) -> JsonObject:
    """The figures of a training; nothing where there are none."""
    try:
        found = json.loads((folder / "report.json").read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def _managed(dataset: str | None) -> Path | None:
    """The data set's folder, where it lies here."""
    folder = current().settings.datasets / dataset if dataset else None
    return folder if folder and folder.is_dir() and folder.name == dataset else None


def _confused(mistake: JsonObject, dataset: Path | None) -> Confused:
    """One mistake; its picture only where it is still there to be seen."""
    label, _, file = str(mistake["picture"]).partition("/")
    there = bool(dataset and file and "/" not in file and (dataset / label / file).is_file())
    answer = mistake.get("answer")
    return Confused(
        truth=mistake.get("truth"),
        answer=answer if isinstance(answer, str) else None,
        label=label if there else None,
        file=file if there else None,
    )
