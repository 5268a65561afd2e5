"""Looks, one after the other, become sightings: somebody came, and stayed for a while."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from likeness.watching.answering import Look, Person
from likeness.watching.frames import Taken

SURE = 3  # times longer than for a name it is waited before somebody is called a stranger
LEAST_LOOKS = 2  # that a stranger has to be seen in


@dataclass(frozen=True)
class Pace:
    """settle: seconds from the first look to the event, in which the best frame is chosen. gap:
    seconds without somebody after which they have gone.
    """

    settle: float = 2.0
    gap: float = 30.0


@dataclass
class Sighting:
    """Somebody, from their first look on. frame, look, person: the best one so far."""

    name: str | None
    first: float
    last: float
    frame: Taken
    look: Look
    person: Person
    latest: Person
    looks: int = 1
    told: bool = False

    def add(self, frame: Taken, look: Look, person: Person) -> None:
        """Seen again. Once it was told the best frame has been chosen."""
        self.last, self.latest = frame.at, person
        self.looks += 1
        if not self.told and _worth(person) > _worth(self.person):
            self.frame, self.look, self.person = frame, look, person


class Sightings:
    """Consecutive looks at one person are one sighting."""

    def __init__(self, pace: Pace) -> None:
        self.pace = pace
        self._open: dict[str | None, Sighting] = {}

    def add(self, frame: Taken, look: Look) -> None:
        """What one look saw."""
        for person in look.people:
            if person.name is not None:
                self._named(frame, look, person)
        for person in look.people:
            if person.reason == "unknown":
                self._stranger(frame, look, person)

    def due(self, now: float) -> Iterator[Sighting]:
        """Those to be told now, each once; who has gone is let go of. now: of the same clock."""
        for name, one in list(self._open.items()):
            settle = self.pace.settle * (SURE if name is None else 1)
            gone = now - one.last > self.pace.gap
            ripe = now - one.first >= settle or gone
            if ripe and not one.told and (name is not None or one.looks >= LEAST_LOOKS):
                one.told = True
                yield one
            if gone:
                del self._open[name]

    def end(self) -> Iterator[Sighting]:
        """All that were not told: nothing comes any more."""
        return self.due(float("inf"))

    def _named(self, frame: Taken, look: Look, person: Person) -> None:
        stranger = self._open.get(None)
        if stranger and not stranger.told and _near(stranger.latest, person):
            del self._open[None]  # it was them, before they could be told
        self._add(frame, look, person)

    def _stranger(self, frame: Taken, look: Look, person: Person) -> None:
        """Who stands where somebody was named a moment ago is most probably them."""
        for name, one in self._open.items():
            here = frame.at - one.last <= self.pace.gap and _near(one.latest, person)
            if name is not None and here and not _seen_in(look, name):
                one.last, one.latest = frame.at, person
                return
        self._add(frame, look, person)

    def _add(self, frame: Taken, look: Look, person: Person) -> None:
        one = self._open.get(person.name)
        if one is not None and frame.at - one.last <= self.pace.gap:
            one.add(frame, look, person)
        elif one is None or one.told:
            self._open[person.name] = Sighting(
                person.name, frame.at, frame.at, frame, look, person, person
            )


def _seen_in(look: Look, name: str) -> bool:
    return any(person.name == name for person in look.people)


def _worth(person: Person) -> float:
    """How good a look is: how alike, or, of a stranger, how large."""
    if person.name is None:
        return float(person.box[2] * person.box[3])
    return person.probability if person.similarity is None else person.similarity


def _near(one: Person, other: Person) -> bool:
    """Whether two boxes may be one person's within a moment: their centres are less apart than the
    larger of them is wide.
    """
    (x, y, w, h), (X, Y, W, H) = one.box, other.box
    reach = max(w, h, W, H)
    return abs(x + w / 2 - X - W / 2) < reach and abs(y + h / 2 - Y - H / 2) < reach
