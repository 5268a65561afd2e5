"""Looks become sightings: who stays is one event, with the best frame of them."""

from __future__ import annotations

import pytest

from likeness.watching.answering import Look, Person
from likeness.watching.frames import Taken
from likeness.watching.sightings import Pace, Sighting, Sightings

HERE, THERE = (100, 100, 50, 60), (400, 100, 50, 60)
Box = tuple[int, int, int, int]


def somebody(name: str | None, similarity: float = 0.6, box: Box = HERE) -> Person:
    reason = "unknown" if name is None else "known"
    return Person(name, reason, similarity, 0.9, box)


def story(*looks: tuple[float, list[Person]], until: float = 100.0) -> list[Sighting]:
    """What is told of looks at these seconds, in order."""
    sightings, told = Sightings(Pace(settle=2, gap=30)), list[Sighting]()
    for at, people in looks:
        look = Look(tuple(people), 640, 480, "family", 3)
        sightings.add(Taken(b"frame at %d" % at, at, int(at * 1000)), look)
        told += sightings.due(at)
    told += sightings.due(until)
    told += sightings.end()
    return told


def test_who_stays_is_one_event_with_the_best_frame() -> None:
    worth = {0: 0.5, 1: 0.8, 2: 0.6}
    (one,) = story(*((at, [somebody("ada", worth.get(at, 0.55))]) for at in range(20)))
    assert (one.name, one.frame.jpeg) == ("ada", b"frame at 1")
    assert one.looks >= 3


def test_who_passes_in_one_frame_is_an_event_too() -> None:
    (one,) = story((0, [somebody("ada")]), (3, []))
    assert one.looks == 1


@pytest.mark.parametrize(("away", "events"), [(10, 1), (31, 2)])
def test_who_comes_back_is_a_new_event_after_the_gap(away: float, events: int) -> None:
    looks = [(0, [somebody("ada")]), (3, [somebody("ada")]), (3 + away, [somebody("ada")])]
    assert len(story(*looks)) == events


def test_two_people_are_two_events() -> None:
    told = story(*((at, [somebody("ada"), somebody("ben", box=THERE)]) for at in range(5)))
    assert sorted(str(one.name) for one in told) == ["ada", "ben"]


def test_a_stranger_needs_several_looks() -> None:
    assert story((0, [somebody(None)]), (7, [])) == []
    (one,) = story(*((at, [somebody(None)]) for at in range(9)))
    assert one.name is None and one.looks >= 6


def test_who_is_named_soon_was_no_stranger() -> None:
    told = story((0, [somebody(None)]), (1, [somebody(None)]), (2, [somebody("ada")]), (9, []))
    assert [one.name for one in told] == ["ada"]


def test_who_was_named_and_turns_away_is_no_stranger() -> None:
    looks = [(0, [somebody("ada")]), *((at, [somebody(None)]) for at in range(1, 20))]
    assert [one.name for one in story(*looks)] == ["ada"]


def test_a_stranger_beside_somebody_known_is_told() -> None:
    both = [somebody("ada"), somebody(None, box=THERE)]
    told = story(*((at, both) for at in range(9)))
    assert [one.name for one in told] == ["ada", None]


def test_who_is_too_small_to_tell_is_nobody_yet() -> None:
    small = Person(None, "too_small", 0.2, 0.4, HERE)
    assert story(*((at, [small]) for at in range(9))) == []
