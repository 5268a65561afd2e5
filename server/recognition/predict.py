"""One picture asked: look at it, count it, log it.

Shared by every route that answers about pictures.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from model.recognition.predictions import Recognition
from model.recognition.protocols import RecognitionModel
from server.context import Context, caller, current
from server.errors import RequestError
from server.history.logged_answers import logged_answer
from server.recognition import serialisation as answers
from server.recognition.redaction import masked


@dataclass(frozen=True)
class Wish:
    """How to answer. model: None is the default one. explain: the region, counted from 0, that is
    to be explained. wait: rather wait for a place than be refused."""

    model: str | None = None
    top_k: int = 5
    explain: int | None = None
    wait: bool = False


@dataclass(frozen=True)
class Asked:
    """bundle and recognition as the model gave them; prediction_id is None where the answer could
    not be logged.
    """

    bundle: Any
    labels: tuple[str, ...]
    recognition: Any
    prediction_id: str | None
    why: dict[str, str] = field(default_factory=dict)


def ask(data: bytes, wish: Wish) -> Asked:
    """Look at one picture. Raises PictureError, NoRegion, BundleError, Busy, TooSlow."""
    service = current()
    bundle = service.models.get(wish.model)
    if wish.explain is not None and not hasattr(bundle, "recogniser"):
        raise RequestError(f"The model {bundle.name} cannot explain its answers.")

    def look() -> tuple[Any, dict[str, str]]:
        found = bundle.recognise(data, service.limits)
        return found, _why(service, bundle, data, found, wish.explain)

    recognition, reasons = service.pool.run(look, wish.wait)
    labels, recognition = masked(bundle, recognition, service.models.hidden_labels(bundle))
    kinds = [prediction.reason for prediction in recognition.predictions]
    service.metrics.answered(bundle.name, recognition.seconds, kinds)
    return Asked(
        bundle, labels, recognition, log_answer(service, bundle, recognition, data), reasons
    )


def _why(
    service: Context, bundle: Any, data: bytes, found: Any, index: int | None
) -> dict[str, str]:
    """{} where nobody asked, nothing was found, or the one whom the region is most like was
    forgotten.
    """
    if index is None or not found.predictions:
        return {}
    hidden = service.models.hidden_labels(bundle)
    if index < len(found.predictions) and found.predictions[index].best in hidden:
        return {}
    return answers.why(bundle, data, index, service.limits)


def log_answer(
    service: Context, bundle: RecognitionModel, recognition: Recognition, data: bytes
) -> str | None:
    """Journal the answer; its id once it is safe, None where it could not be written down."""
    answer = logged_answer(bundle, recognition, data, caller())
    if not service.journal.append(answer.to_record()):
        service.metrics.not_logged()
        return None
    service.keeper.notice(answer.id, data)
    return answer.id


def answered(asked: Asked, top_k: int) -> dict[str, Any]:
    """Our own JSON for one picture."""
    body = answers.full(asked.recognition, asked.bundle, top_k)
    body["prediction_id"] = asked.prediction_id
    body |= asked.why
    return body
