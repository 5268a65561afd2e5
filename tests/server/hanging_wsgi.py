"""The small service, with a model that a picture 99 pixels wide keeps busy for ever."""

import threading

from data_cleaning.imaging.limits import Limits
from server.app import create_app
from server.process.startup import start
from server.settings import load
from tests.support import tiny_models
from tests.support.tiny_models import Bundle, Recognition, TinyRegistry

recognise = Bundle.recognise


def recognise_or_hang(
    self: Bundle, data: bytes, limits: Limits, *, top_k: int | None = None
) -> Recognition:
    found = recognise(self, data, limits, top_k=top_k)
    if found.width == 99:
        threading.Event().wait()
    return found


tiny_models.Bundle.recognise = recognise_or_hang  # type: ignore[method-assign]
settings = load()
app = create_app(settings, TinyRegistry(settings.artifacts))
start(app, lambda key: None)
