"""The files of enrolled examples, one a model, and the models that answer with them.

A file is written whole and renamed; every process sees by its time that it changed, and puts the
examples on top of the trained model when the next picture comes. A few kilobytes an example.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Collection
from dataclasses import dataclass
from pathlib import Path

from data_cleaning.files import write
from model.recipes.presets import RECIPES
from model.recognition.bundle import Bundle
from model.recognition.enrolling import untrained, with_examples
from model.recognition.protocols import RecognitionModel
from server.enrolment.enrolment_file import Enrolment
from server.storage.database import lock

log = logging.getLogger("likeness.enrolment")
NOTHING = Enrolment()
Stamp = tuple[int, int, int]


@dataclass(frozen=True)
class _Built:
    """A model with its enrolled examples, and what it was built from."""

    base: RecognitionModel | None
    stamp: Stamp
    model: RecognitionModel | None
    enrolment: Enrolment


class EnrolledExamples:
    """folder: of the files; it need not be there yet."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._built: dict[str, _Built] = {}
        self._guard = threading.Lock()

    def names(self) -> list[str]:
        """Of the models that have a file, sorted."""
        return sorted(path.stem for path in self.folder.glob("*.json"))

    def read(self, model: str) -> Enrolment:
        """What a model has been told; nothing where there is no file."""
        try:
            return Enrolment.from_json(self._path(model).read_text("utf-8"))
        except FileNotFoundError:
            return NOTHING
        except (KeyError, TypeError, ValueError) as error:
            log.error("the enrolled examples of %s cannot be read: %s", model, error)
            return NOTHING

    def change(self, model: str, change: Callable[[Enrolment], Enrolment]) -> Enrolment:
        """Change it, one process at a time; what it is now."""
        with lock(self._path(model).with_suffix(".lock")):
            before = self.read(model)
            after = change(before)
            text = after.to_json()
            if text != before.to_json():
                write(self._path(model), text, durable=True)
        return after

    def remove(self, model: str) -> None:
        """All that a model was told: it is deleted."""
        with lock(self._path(model).with_suffix(".lock")):
            self._path(model).unlink(missing_ok=True)

    def forget(self, label: str) -> int:
        """Take a class out of every file; how many examples those were."""
        forgotten = 0
        for model in self.names():
            before = self.read(model)
            after = self.change(model, lambda one: one.forgetting(label))
            forgotten += len(before.added) - len(after.added)
        return forgotten

    def names_untrained(self, trained: Collection[str]) -> list[str]:
        """Of the models that enrolled examples alone make, besides those that a training made."""
        return [n for n in self.names() if n not in trained and self.untrained(n) is not None]

    def untrained(self, model: str) -> RecognitionModel | None:
        """A model of enrolled examples alone; None where there are none."""
        if self._stamp(model) is None:
            return None
        return self._with(model, None).model

    def applied(self, base: RecognitionModel) -> RecognitionModel:
        """A trained model with its enrolled examples. Where nobody is left it is as it was, and
        `hidden` has everybody.
        """
        if self._stamp(base.name) is None:
            return base
        return self._with(base.name, base).model or base

    def hidden(self, base: RecognitionModel) -> set[str]:
        """The classes of a trained model that were taken out, and not trained without yet."""
        if self._stamp(base.name) is None:
            return set()
        built = self._with(base.name, base)
        return set(base.labels) - set(built.model.labels if built.model else ())

    def _with(self, name: str, base: RecognitionModel | None) -> _Built:
        stamp = self._stamp(name) or (0, 0, 0)
        built = self._built.get(name)
        if built is None or built.stamp != stamp or built.base is not base:
            with self._guard:
                enrolment = self.read(name)
                built = _Built(base, stamp, _build(name, base, enrolment), enrolment)
                self._built[name] = built
        return built

    def _stamp(self, model: str) -> Stamp | None:
        try:
            found = self._path(model).stat()
        except OSError:
            return None
        return found.st_mtime_ns, found.st_ino, found.st_size

    def _path(self, model: str) -> Path:
        return self.folder / f"{model}.json"


def _makes_model(enrolment: Enrolment) -> bool:
    return bool(enrolment.recipe and enrolment.added)


def _build(
    name: str, base: RecognitionModel | None, enrolment: Enrolment
) -> RecognitionModel | None:
    if base is None:
        if not _makes_model(enrolment):
            return None
        return untrained(name, RECIPES[enrolment.recipe], enrolment.examples)
    if not isinstance(base, Bundle) or enrolment.is_empty:
        return base
    return with_examples(base, enrolment.examples, enrolment.elsewhere)
