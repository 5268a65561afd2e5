"""A model as the API shows it, without whom it must not name."""

from __future__ import annotations

from typing import Any

from server.recognition.redaction import hidden_labels, without
from server.service import current


def summary(name: str) -> dict[str, Any]:
    models = current().models
    bundle = models.get(name)
    return {
        "name": bundle.name,
        "version": bundle.version,
        "active": True,
        "default": name == models.default(),
        "recipe": bundle.recipe.name,
        "subject": bundle.recipe.subject,
        "strangers_named": (bundle.facts.get("acceptance") or {}).get("fpir"),
        "multi_label": bundle.multi_label,
        "refuses": bundle.refuses,
        "labels": [
            label
            for label in bundle.labels
            if label not in hidden_labels(bundle, models.forgotten())
        ],
    }


def detail(name: str) -> dict[str, Any]:
    models = current().models
    bundle = models.get(name)
    has_report = (bundle.directory / "report.html").is_file()
    return {
        **summary(name),
        "versions": list(models.registry.versions(name)),
        "facts": without(bundle.facts, hidden_labels(bundle, models.forgotten())),
        "report": f"/api/models/{name}/report" if has_report else None,
    }
