"""A model as the API shows it, without whom it must not name."""

from __future__ import annotations

from typing import Any

from server.context import current
from server.recognition.redaction import without


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
        "strangers_named": bundle.facts.acceptance.fpir if bundle.facts.acceptance else None,
        "multi_label": bundle.multi_label,
        "refuses": bundle.refuses,
        "labels": [label for label in bundle.labels if label not in models.hidden_labels(bundle)],
    }


def detail(name: str) -> dict[str, Any]:
    models = current().models
    bundle = models.get(name)
    has_report = (models.registry.path(name, bundle.version) / "report.html").is_file()
    return {
        **summary(name),
        "versions": list(models.registry.versions(name)),
        "facts": without(bundle.facts.to_json(), models.hidden_labels(bundle)),
        "report": f"/api/models/{name}/report" if has_report else None,
    }
