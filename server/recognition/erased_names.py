"""Who is not to be named any more: rules in a small file, kept by every process alike.

Where several servers share a database the rules lie there, and the file is this server's copy.

A person who asked to be forgotten is not named from that moment on, and not only after the
retraining. A rule holds for the versions that knew the person; later ones were trained without
them, or with their new consent.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict, astuple, dataclass
from pathlib import Path

from data_cleaning.files import sha256_of_bytes, write
from model.recognition.protocols import RecognitionModel
from server.cluster.shared_rules import SharedRules
from server.storage.database import lock


@dataclass(frozen=True)
class Rule:
    """A label is not named by versions up to `version` of `model`. digest: its sha256, for the name
    must not stay.
    """

    model: str
    version: int
    digest: str

    @classmethod
    def of(cls, model: str, version: int, label: str) -> Rule:
        """The rule for a name."""
        return cls(model, version, _digest(label))

    def holds_for(self, model: str, version: int) -> bool:
        """Whether it is about that version."""
        return self.model == model and version <= self.version


class ErasedNames:
    """path: a small JSON file, read again whenever it changed. shared: the rules of all servers,
    where there may be several.
    """

    def __init__(self, path: Path, shared: SharedRules | None = None) -> None:
        self.path, self.shared = path, shared
        self._read: tuple[int, tuple[Rule, ...]] = (0, ())

    def rules(self) -> tuple[Rule, ...]:
        """All that hold now."""
        try:
            changed = self.path.stat().st_mtime_ns
        except FileNotFoundError:
            return ()
        if changed != self._read[0]:
            rows = json.loads(self.path.read_text("utf-8"))
            self._read = changed, tuple(Rule(**row) for row in rows)
        return self._read[1]

    def add(self, rule: Rule) -> None:
        """From now on it holds, in every process of this server; the others hear of it.

        Raises StoreDown, where several servers share the rules.
        """
        self._change({rule}, set())

    def spent(self, model: str, oldest: int) -> None:
        """Drop the rules of a model whose oldest version left is younger than they.

        Only while no process answers: one that has loaded an older version still needs them.
        """
        rules = self.rules()
        self._change(
            set(), {rule for rule in rules if rule.model == model and rule.version < oldest}
        )

    def deleted(self, model: str) -> None:
        """Drop the rules of a model that is no more: another one of its name counts its versions
        from 1 again.
        """
        self._change(set(), {rule for rule in self.rules() if rule.model == model})

    def hidden_labels(self, bundle: RecognitionModel) -> set[str]:
        """The labels of a bundle that must not be named."""
        rules = (rule for rule in self.rules() if rule.holds_for(bundle.name, bundle.version))
        digests = {rule.digest for rule in rules}
        return {label for label in bundle.labels if _digest(label) in digests} if digests else set()

    def hides(self, model: str, version: int, labels: Iterable[str]) -> bool:
        """Whether one of the labels must not be named as an answer of that version."""
        digests = {rule.digest for rule in self.rules() if rule.holds_for(model, version)}
        return bool(digests) and any(_digest(label) in digests for label in labels)

    def take_over(self) -> int:
        """Obey what the servers share, as it is now; the epoch of that. Raises StoreDown."""
        assert self.shared is not None
        with lock(self.path.with_suffix(".lock")):
            epoch, rows = self.shared.read()
            if {*self.rules()} != (rules := {Rule(*row) for row in rows}):
                self._write(rules)
            return epoch

    def _change(self, more: set[Rule], less: set[Rule]) -> None:
        if self.shared is not None:
            self.shared.change({astuple(rule) for rule in more}, {astuple(rule) for rule in less})
            self.take_over()
            return
        with lock(self.path.with_suffix(".lock")):
            self._write(({*self.rules()} | more) - less)

    def _write(self, rules: set[Rule]) -> None:
        write(self.path, json.dumps([asdict(rule) for rule in rules]))


def _digest(label: str) -> str:
    return sha256_of_bytes(label.encode())
