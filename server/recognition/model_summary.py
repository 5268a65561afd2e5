"""A model as the API shows it, without whom it must not name."""

from __future__ import annotations

from data_cleaning.json_types import JsonObject
from model.recognition.protocols import RecognitionModel
from server.context import current
from server.recognition.redaction import without_names


def model_summary(name: str) -> JsonObject:
    """One model in the list of all. Raises BundleError, WeightsMissing."""
    models = current().models
    bundle = models.get(name)
    hidden = models.hidden_labels(bundle)
    return {
        "name": bundle.name,
        "version": bundle.version,
        "active": True,
        "default": name == models.default(),
        "recipe": bundle.recipe.name,
        "subject": bundle.recipe.subject,
        "strangers_named": bundle.facts.acceptance.fpir if bundle.facts.acceptance else None,
        "threshold": _threshold(bundle),
        "dataset": bundle.facts.dataset,
        "multi_label": bundle.multi_label,
        "refuses": bundle.refuses,
        "labels": [label for label in bundle.labels if label not in hidden],
    }


def _threshold(bundle: RecognitionModel) -> float | None:
    """The score from which on a name is believed; None where nobody is refused, or each class has
    a threshold of its own.
    """
    rule = bundle.facts.acceptance
    return rule.threshold if rule and bundle.refuses and not bundle.multi_label else None


def model_detail(name: str) -> JsonObject:
    """One model, with the facts of its training. Raises BundleError, WeightsMissing."""
    models = current().models
    bundle = models.get(name)
    versions = list(models.registry.versions(name))
    reports = [v for v in versions if (models.registry.path(name, v) / "report.html").is_file()]
    return {
        **model_summary(name),
        "versions": versions,
        "facts": without_names(bundle.facts.to_json(), models.hidden_labels(bundle)),
        "report": f"/api/models/{name}/report" if bundle.version in reports else None,
        "reports": reports,
    }
