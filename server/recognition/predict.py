"""One picture asked about: look at it, count it, log it.

Shared by every route that answers about pictures.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TypeGuard

from flask import request

from data_cleaning.json_types import JsonObject
from model.recognition.bundle import Bundle
from model.recognition.explain import explain
from model.recognition.predictions import Recognition
from model.recognition.protocols import RecognitionModel
from server.context import Context, caller, current
from server.errors import RequestError
from server.history.logged_answers import LoggedAnswer, logged_answer
from server.recognition.picture_places import picture_places
from server.recognition.redaction import without_erased
from server.recognition.schemas import PredictQuery
from server.recognition.serialisation import explanation, picture_answer
from server.web import uploads


@dataclass(frozen=True)
class PredictOptions:
    """How to answer.

    model: None is the default one. explain: the region, counted from 0, that is to be explained.
    wait: rather wait for a place than be refused. until: when at the latest, by time.monotonic.
    whole: the picture is one region, cut out already. camera: that took it. logged: False only
    counts the answer.
    """

    model: str | None = None
    explain: int | None = None
    wait: bool = False
    until: float | None = None
    whole: bool = False
    camera: str | None = None
    logged: bool = True


@dataclass(frozen=True)
class AnsweredPicture:
    """An answer as it may be given: without whom the model must not name.

    prediction_id: None where the answer is not in the log. why: the explanation, if one is due.
    """

    bundle: RecognitionModel
    labels: tuple[str, ...]
    recognition: Recognition
    prediction_id: str | None
    why: JsonObject = field(default_factory=dict)

    def to_json(self, top_k: int) -> JsonObject:
        """Our own JSON."""
        answer = picture_answer(self.recognition, self.bundle.name, self.bundle.version, top_k)
        return {**answer, "prediction_id": self.prediction_id, **self.why}


def answer_picture(data: bytes, options: PredictOptions) -> AnsweredPicture:
    """Look at one picture. Raises PictureError, NoRegion, BundleError, Busy, TooSlow."""
    service = current()
    bundle = service.models.get(options.model)
    if options.explain is not None and not isinstance(bundle, Bundle):
        raise RequestError(f"The model {bundle.name} cannot explain its answers.")

    hidden = service.models.hidden_labels(bundle)
    may_see = caller().may("train")  # asked here: a thread of the pool knows nothing of the request

    looking = bundle.of_whole_pictures() if options.whole and isinstance(bundle, Bundle) else bundle

    def look() -> tuple[Recognition, JsonObject]:
        found = looking.recognise(data, service.limits)
        if options.explain is None or not _explains(bundle, found, options.explain, hidden):
            return found, {}
        why = explain(bundle, data, options.explain, service.limits)
        places = picture_places(service.settings.datasets, bundle) if may_see else {}
        return found, explanation(why, hidden, places)

    found, why = service.pool.run(look, options.wait, options.until)
    labels = tuple(label for label in bundle.labels if label not in hidden)
    recognition = without_erased(found, hidden, bundle.multi_label)
    kinds = [prediction.reason for prediction in recognition.predictions]
    service.metrics.answered(bundle.name, recognition.seconds, kinds)
    answer = logged_answer(bundle, recognition, data, caller(), options.camera)
    prediction_id = _log(service, answer, data) if options.logged else None
    return AnsweredPicture(bundle, labels, recognition, prediction_id, why)


def predict_uploaded(query: PredictQuery) -> JsonObject:
    """Our own answer about the picture of the request under way.

    Raises RequestError, and as `answer_picture` does.
    """
    data = uploads.picture_of(request, current().settings, tuple(PredictQuery.model_fields))
    options = PredictOptions(query.model, query.explained, camera=query.camera, logged=query.logged)
    return answer_picture(data, options).to_json(query.top_k)


def _explains(
    bundle: RecognitionModel, found: Recognition, index: int, hidden: set[str]
) -> TypeGuard[Bundle]:
    """Whether there is something to explain: something was found, and the one whom the region is
    most like was not erased.
    """
    if not found.predictions:
        return False
    return index >= len(found.predictions) or found.predictions[index].best not in hidden


def _log(service: Context, answer: LoggedAnswer, data: bytes) -> str | None:
    """Journal the answer; its id once it is safe, None where it could not be written down."""
    if not service.journal.append(answer.to_record()):
        service.metrics.not_logged()
        return None
    service.keeper.notice(answer.id, data)
    return answer.id
