"""One camera, watched: the newest frame, an answer, and who was seen goes out."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from data_cleaning.errors import LikenessError
from likeness.delivery.discovery import SECONDS_AWAY
from likeness.delivery.event import Event, new_event_id
from likeness.delivery.ways import Ways
from likeness.watching.answering import Answers, Look, NoAnswer
from likeness.watching.frames import Taken, Wanted, check, frames, is_file, without_password
from likeness.watching.newest import Newest
from likeness.watching.sightings import Sighting, Sightings

log = logging.getLogger("likeness.watch")
TURN = 0.5  # seconds after which sightings are looked through, where no frame comes
REPORT = 300.0  # seconds between two lines of how it goes


@dataclass
class Tally:
    """looks: frames that were answered. dropped: those that were not looked at, as a newer one was
    there. unanswered: those that nobody answered. lag: seconds from the frame to its answer, the
    longest since the last report. lost: how often the camera went away.
    """

    looks: int = 0
    dropped: int = 0
    unanswered: int = 0
    lag: float = 0.0
    events: int = 0
    lost: int = 0

    def words(self) -> str:
        return (
            f"{self.looks} frames looked at, {self.dropped} dropped, {self.unanswered} unanswered,"
            f" {self.events} events, camera lost {self.lost} times, longest lag {self.lag:.2f} s"
        )


@dataclass
class Watch:
    """camera: its name. told: called with each event as it goes out."""

    camera: str
    answers: Answers
    sightings: Sightings
    ways: Ways
    told: Callable[[Event], object] = lambda event: None
    reported: Callable[[Tally], object] = lambda tally: log.info("%s", tally.words())
    ending: threading.Event = field(default_factory=threading.Event)
    tally: Tally = field(default_factory=Tally)
    _people: int = -1
    _people_at: float = 0.0

    def run(self, source: str, wanted: Wanted) -> None:
        """Until the file ends, or until `ending`. Raises InputError where it makes no sense."""
        check(source)
        self.ways.introduce(self.camera)
        self._count(0, time.monotonic())
        log.info("watching %s as %s", without_password(source), self.camera)
        if is_file(source):
            self._through(source, wanted)
        else:
            self._live(source, wanted)
        for sighting in self.sightings.end():
            self._tell(sighting)
        self.reported(self.tally)

    def _through(self, source: str, wanted: Wanted) -> None:
        """A file: every frame that is wanted, however long it takes."""
        self.ways.is_seeing(True)
        for frame in frames(source, wanted):
            if self.ending.is_set():
                return
            self._look(frame)
            self._turn(frame.at)

    def _live(self, source: str, wanted: Wanted) -> None:
        newest = Newest(source, wanted, self.ways.is_seeing)
        newest.start()
        report = time.monotonic() + REPORT
        try:
            while not self.ending.is_set():
                frame = newest.take(TURN)
                if frame is not None:
                    self._look(frame)
                self._turn(time.monotonic())
                self.tally.dropped, self.tally.lost = newest.dropped, newest.lost
                if time.monotonic() >= report:
                    report = time.monotonic() + REPORT
                    self.reported(self.tally)
                    self.tally.lag = 0.0
        finally:
            newest.stop()

    def _look(self, frame: Taken) -> None:
        try:
            look = self.answers.look(frame.jpeg)
        except NoAnswer as error:
            self.tally.unanswered += 1
            if self.tally.unanswered & (self.tally.unanswered - 1) == 0:  # ever more rarely
                log.warning("%d frames had no answer: %s", self.tally.unanswered, error)
            self.ending.wait(TURN)
            return
        self.tally.looks += 1
        self.tally.lag = max(self.tally.lag, time.monotonic() - frame.at)
        self.sightings.add(frame, look)
        if look.people:
            self._count(_in(look), frame.at)

    def _turn(self, now: float) -> None:
        for sighting in self.sightings.due(now):
            self._tell(sighting)
        if self._people > 0 and now - self._people_at > SECONDS_AWAY:
            self._count(0, now)

    def _count(self, people: int, now: float) -> None:
        self._people_at = now
        if people != self._people:
            self._people = people
            self.ways.people(self.camera, people)

    def _tell(self, sighting: Sighting) -> None:
        if self.ways.outbox.is_forgotten(sighting.name, sighting.frame.time):
            return
        best, person = sighting.look, sighting.person
        event = Event(
            id=new_event_id(),
            time=sighting.frame.time,
            camera=self.camera,
            name=sighting.name,
            similarity=person.similarity,
            probability=person.probability,
            box=person.box,
            width=best.width,
            height=best.height,
            looks=sighting.looks,
            model=best.model,
            version=best.version,
            prediction_id=self.answers.log_best(sighting.frame.jpeg, self.camera),
        )
        try:
            self.ways.send(event, sighting.frame.jpeg)
        except LikenessError as error:
            log.error("an event was not delivered: %s", error)
        self.tally.events += 1
        self.told(event)


def _in(look: Look) -> int:
    return sum(person.reason != "nobody" for person in look.people)
