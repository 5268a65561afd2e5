"""What follows a change of a collection, in the background: a training that is asked for when it
has been quiet for a while, and letting go of what that training has learnt.

Every process does this in turn; one at a time is enough.
"""

from __future__ import annotations

import contextlib
import logging
from dataclasses import dataclass, replace
from datetime import datetime

from data_cleaning.errors import LikenessError
from data_cleaning.files import sha256_of_bytes
from model.recognition.protocols import RecognitionModel
from server.collections.collection import Collection
from server.context import Context
from server.datasets.managed_datasets import Datasets
from server.enrolment.enrolled_examples import EnrolledExamples
from server.enrolment.enrolment_file import Enrolment, Moved
from server.errors import Conflict
from server.storage.database import lock, now
from server.training.training_job import TRAIN

log = logging.getLogger("likeness.collections")
MARGIN = 30_000  # milliseconds before a training began, in which a change may have been too late
BY = "enrolled people"


@dataclass(frozen=True)
class Upkeep:
    """Of all collections."""

    service: Context

    @property
    def enrolled(self) -> EnrolledExamples:
        return EnrolledExamples(self.service.settings.enrolled)

    def run(self) -> None:
        """Look after every collection once; nothing where another process does."""
        names = self.enrolled.names()
        if not names:
            return
        with lock(self.service.settings.state / "upkeep.lock", wait=False) as held:
            for name in names if held else ():
                try:
                    self._settle(name)
                    self._train(name)
                except LikenessError as error:
                    log.warning("the collection of %s waits: %s", name, error)

    def _settle(self, name: str) -> None:
        """Let go of what the version that answers was trained with."""
        base = self.service.models.trained(name)
        if base is None:
            return
        self._remove_versions(name, base.version)
        begun = training_began(base)
        collection = Collection(self.service, name)
        if begun is None or base.facts.dataset != collection.dataset:
            return
        self.enrolled.change(name, lambda known: self._left(known, base, begun - MARGIN))

    def _left(self, known: Enrolment, base: RecognitionModel, until: int) -> Enrolment:
        """What is younger than that, or of somebody whom the training has not learnt; and who was
        deleted, while a version that is left would name them.
        """
        held = self._held(base.name)
        moved = [one for one in known.moved if one.time > until or _is_held(one, held)]
        return replace(
            known,
            recipe="",
            added=tuple(
                one
                for one in known.added
                if one.time > until or one.example.label not in base.labels
            ),
            moved=tuple(moved),
        )

    def _held(self, name: str) -> set[tuple[str, str]]:
        """Examples of every version, each by its source and label."""
        registry = self.service.models.registry
        return {
            one for version in registry.versions(name) for one in registry.examples(name, version)
        }

    def _remove_versions(self, name: str, active: int) -> None:
        """Remove what knows somebody who was deleted, once the version that answers does not."""
        registry = self.service.models.registry
        moved = self.enrolled.read(name).elsewhere
        gone = {(one.source, one.label) for one in moved if one.to is None}
        if not gone or registry.active(name) != active or gone & registry.examples(name, active):
            return
        for version in registry.versions(name):
            if version != active and gone & registry.examples(name, version):
                registry.remove(name, version)

    def _train(self, name: str) -> None:
        """Ask for a training when it has been quiet, and where the data set has everybody."""
        quiet = self.service.settings.enrol_train_seconds
        known = self.enrolled.read(name)
        due = known.changed > known.asked and now() - known.changed > quiet * 1000
        if not quiet or not due or self.service.jobs.is_training(name):
            return
        self.enrolled.change(name, lambda one: replace(one, asked=now()))
        collection = Collection(self.service, name)
        datasets = Datasets(self.service.settings.datasets)
        if not collection.named() <= set(datasets.classes(collection.dataset)):
            log.info("%s is not trained: its data set has not everybody", name)
            return
        with contextlib.suppress(Conflict):  # too few pictures yet, or the same one waits
            datasets.check(collection.dataset)
            self.service.jobs.add(TRAIN, self._arguments(collection), BY)

    def _arguments(self, collection: Collection) -> dict[str, object]:
        """As the version before was trained."""
        base = self.service.models.trained(collection.model)
        options = (base.facts.options or {}) if base else {}
        wanted: dict[str, object] = {
            "dataset": collection.dataset,
            "model": collection.model,
            "recipe": collection.recipe().name,
        }
        kept = {key: options[key] for key in ("fpir", "private") if options.get(key)}
        gone = set(base.labels) - collection.named() if base else set()
        digests = sorted(sha256_of_bytes(label.encode()) for label in gone)
        return wanted | kept | ({"without": digests} if digests else {})


def training_began(model: RecognitionModel) -> int | None:
    """When the training of a version began, in milliseconds since 1970; None where it is not
    recorded.
    """
    facts = model.facts
    if facts.trained is None or facts.seconds is None:
        return None
    ended = datetime.fromisoformat(facts.trained).timestamp()
    return int((ended - facts.seconds) * 1000)


def _is_held(moved: Moved, held: set[tuple[str, str]]) -> bool:
    one = moved.example
    return one.to is None and (one.source, one.label) in held
