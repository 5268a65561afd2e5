"""Calls as double-take makes them, and its own thresholds on the answers: match from 60 per cent
on, unknown below 40.
"""

from __future__ import annotations

from pathlib import Path

from tests.server.compreface.conftest import People, Place


def faces(place: Place, picture: Path) -> list[tuple[str, bool]]:
    """Name and match of every face; nothing where the refusal says that there is none."""
    answer = place.ask(
        "POST",
        "recognition/recognize?face_plugins=undefined",
        params={"det_prob_threshold": 0.8},
        files={"file": picture.read_bytes()},
    ).json()
    if answer.get("code") == 28:
        return []
    found = []
    for face in answer["result"]:
        assert face["box"]["x_max"] > face["box"]["x_min"]
        best = face["subjects"][0] if face["subjects"] else {"similarity": 0, "subject": ""}
        confidence = round(best["similarity"] * 100, 2)
        found.append((best["subject"] if confidence >= 40 else "unknown", confidence >= 60))
    return found


def test_detect_train_and_untrain(place: Place, people: People) -> None:
    first, second, *_ = people
    assert faces(place, people[first][0]) == [("unknown", False)]
    for name in (first, second):
        for picture in people[name][:2]:
            place.add(name, picture)
    for name in (first, second):
        assert faces(place, people[name][4]) == [(name, True)]
    assert faces(place, people["_unknown"][0]) == [("unknown", False)]
    untrained = place.ask("DELETE", "recognition/faces", params={"subject": first})
    assert untrained.json() == {"deleted": 2}
    assert faces(place, people[first][4]) == [("unknown", False)]
    place.add(first, people[first][1])  # what it does with the pictures that are to stay
    assert faces(place, people[first][4]) == [(first, True)]
    assert faces(place, people[second][4]) == [(second, True)]
