"""The trained models that answer now.

Knows names, versions and bundles; nothing of HTTP, nothing of pixels.

A model is loaded once and then followed: when its active version changes, or somebody asked for a
reload, the new one is loaded beside the old one and takes its place in one assignment; every
process looks for that, whether somebody asks it or not. A bundle that cannot be loaded is refused
and the old one goes on answering. Whom it was told of since its training it knows with the next
picture (server/enrolment/).
"""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from data_cleaning.errors import BundleBroken, BundleMissing, LikenessError
from model.recognition.protocols import ModelRegistry, RecognitionModel
from server.cluster.shared_rules import SharedRules
from server.enrolment.enrolled_examples import EnrolledExamples
from server.recognition.erased_names import ErasedNames, Rule

log = logging.getLogger("likeness.models")

PREFERRED = ("celebrities-modern", "celebrities")  # the first of them that can answer
LOOK = 0.5  # seconds between two looks for a version that took over
Stamp = tuple[int, int]


def _nothing() -> None:
    """Never refuses."""


@dataclass(frozen=True)
class Together:
    """What several servers share: the rules, whether this one may answer (raises CutOff), and the
    folder of enrolled examples.
    """

    rules: SharedRules | None = None
    check: Callable[[], None] = _nothing
    enrolled: Path | None = None


class LiveModels:
    """bell: a file of the state folder; touching it tells every process to load again.

    on_answer: hears the name and version of every bundle that begins to answer. together: for
    servers that share a database.
    """

    def __init__(
        self,
        registry: ModelRegistry,
        default: str,
        bell: Path,
        on_answer: Callable[[str, int], object] = lambda name, version: None,
        together: Together | None = None,
    ) -> None:
        self.registry = registry
        self._default = default
        self._bell = bell
        self._together = together or Together()
        self.erased = ErasedNames(bell.with_name("forgotten.json"), self._together.rules)
        self.enrolled = EnrolledExamples(self._together.enrolled or bell.with_name("enrolled"))
        self._live: dict[str, tuple[Stamp, RecognitionModel]] = {}
        self._refused: dict[str, Stamp] = {}
        self._loading: dict[str, threading.Lock] = {}
        self._guard = threading.Lock()
        self._stopped = threading.Event()
        self._watcher = 0
        self._on_answer = on_answer

    def names(self) -> list[str]:
        """Of every model, also of those that enrolled examples alone make."""
        trained = self.registry.names()
        return sorted({*trained, *self.enrolled.names_untrained(trained)})

    def default(self) -> str:
        """The model that answers when none is named.

        Raises BundleMissing when there is no model at all.
        """
        if self._default:
            return self._default
        names = self.names()
        if not names:
            raise BundleMissing(
                "There is no trained model yet. Train one: python -m model train DATA --name NAME"
            )
        able = [name for name in names if name in self._live or name not in self._refused]
        return next((name for name in (*PREFERRED, *able) if name in able), names[0])

    def get(self, name: str | None = None) -> RecognitionModel:
        """The bundle that answers now. Never waits for a newer one.

        Raises BundleError, WeightsMissing.
        """
        name = name or self.default()
        live = self._live.get(name)
        if live is None:
            return self._untrained(name) or self.reload(name, ring=False)
        stamp = self._stamp(name, live[0])
        if stamp != live[0] and stamp != self._refused.get(name):
            self._follow(name)
        return self.enrolled.applied(live[1])

    def trained(self, name: str) -> RecognitionModel | None:
        """The bundle that answers now, as its training left it; None where there is no training.

        Raises BundleError, WeightsMissing.
        """
        if name not in self._live and name not in self.registry.names():
            return None
        self.get(name)
        return self._live[name][1]

    def _untrained(self, name: str) -> RecognitionModel | None:
        """A model that no training has made yet."""
        return None if name in self.registry.names() else self.enrolled.untrained(name)

    def reload(self, name: str | None = None, ring: bool = True) -> RecognitionModel:
        """Load the active version now and answer with it. ring: tell the other processes too.

        Raises BundleError, WeightsMissing; what answered before then goes on answering.
        """
        name = name or self.default()
        if name not in self._live and name not in self.names():
            raise self._missing(name)
        with self._lock(name):
            if not ring and name in self._live and self._stamp(name) == self._live[name][0]:
                return self.enrolled.applied(self._live[name][1])
            if ring:
                self.ring()
            stamp = self._stamp(name)
            try:
                bundle = self._loaded(name)
            except LikenessError:
                self._refused[name] = stamp
                raise
            self._live[name] = (stamp, bundle)
            self._on_answer(name, bundle.version)
            return self.enrolled.applied(bundle)

    def _missing(self, name: str) -> BundleMissing:
        return BundleMissing(
            f"There is no model named {name[:80]!r}. There are:"
            f" {', '.join(self.names()) or 'none'}."
        )

    def _loaded(self, name: str, version: int | None = None) -> RecognitionModel:
        """A bundle that fails in a way nobody thought of is a broken one: it stops neither the
        start nor the rest.
        """
        try:
            return self.registry.load(name, version)
        except LikenessError:
            raise
        except Exception as error:
            log.error("loading %s failed", name, exc_info=error)
            raise BundleBroken(f"The model {name} cannot be loaded; the log says why.") from error

    def labels(self, name: str, version: int) -> tuple[str, ...]:
        """Of any version, which is loaded for that: so it can answer too.

        Raises BundleError, WeightsMissing.
        """
        return tuple(self._loaded(name, version).labels)

    def hide(self, name: str, version: int, label: str) -> None:
        """Never name somebody again, in no version of a model up to this one."""
        self.erased.add(Rule.of(name, version, label))

    def hidden_labels(self, bundle: RecognitionModel) -> set[str]:
        """The labels of a bundle that must not be named: of who asked for that, and of who was
        taken out since the training. Raises CutOff.
        """
        self._together.check()
        live = self._live.get(bundle.name)
        gone = self.enrolled.hidden(live[1]) if live else set()
        return self.erased.hidden_labels(bundle) | gone

    def hides(self, name: str, version: int) -> bool:
        """Whether a version knows somebody who must not be named."""
        if any(rule.holds_for(name, version) for rule in self.erased.rules()):
            return True
        live = self._live.get(name)
        return bool(live and self.enrolled.hidden(live[1]))

    def ring(self) -> None:
        """Tell every process to load again."""
        self._bell.parent.mkdir(parents=True, exist_ok=True)
        self._bell.touch()

    def catch_up(self) -> None:
        """Load what took over, and let go of what was deleted."""
        for name, (old, _) in list(self._live.items()):
            stamp = self._stamp(name, old)
            if self.registry.gone(name):
                self._live.pop(name, None)
            elif stamp not in (old, self._refused.get(name)):
                self._catch_up(name)

    def watch(self) -> None:
        """Follow from now on in this process, also while nobody asks it anything.

        Once is enough.
        """
        if self._watcher != os.getpid():  # threads do not survive a fork
            self._watcher = os.getpid()
            threading.Thread(target=self._watch, name="models", daemon=True).start()

    def close(self) -> None:
        """End the following."""
        self._stopped.set()

    def _watch(self) -> None:
        while not self._stopped.wait(LOOK):
            try:
                self.catch_up()
            except Exception as error:  # the thread must live as long as the process
                log.error("looking for new versions failed", exc_info=error)

    def discard(self, name: str) -> list[int]:
        """Delete a model for good; its versions. Raises BundleMissing."""
        if name not in self.names():
            raise self._missing(name)
        trained = name in self.registry.names()
        versions: list[int] = self.registry.discard(name) if trained else []
        self._live.pop(name, None)
        self.erased.deleted(name)
        self.enrolled.remove(name)
        return versions

    def refused(self) -> list[str]:
        """Names of the models whose active version cannot be loaded; some answer with the one
        before.
        """
        return [name for name, stamp in self._refused.items() if stamp == self._stamp(name)]

    def loaded(self) -> list[str]:
        """Names of the models that answer now."""
        return list(self._live)

    def _follow(self, name: str) -> None:
        if not self._lock(name).locked():
            threading.Thread(
                target=self._catch_up, args=(name,), name=f"load {name}", daemon=True
            ).start()

    def _catch_up(self, name: str) -> None:
        try:
            bundle = self.reload(name, ring=False)
            log.info("now answering with version %s of %s", bundle.version, name)
        except Exception as error:
            log.error("the new version of %s was refused, the old one goes on: %s", name, error)

    def _stamp(self, name: str, fallback: Stamp = (0, 0)) -> Stamp:
        try:
            rung = self._bell.stat().st_mtime_ns
        except OSError:
            rung = 0
        try:
            return self.registry.active(name), rung
        except LikenessError:
            return fallback

    def _lock(self, name: str) -> threading.Lock:
        with self._guard:
            return self._loading.setdefault(name, threading.Lock())
