"""CompreFace's own Python client, compreface-sdk 0.6.0, against our routes: its whole surface."""

from __future__ import annotations

import types
from typing import Any

import pytest
import urllib3.contrib

from tests.server.compreface.conftest import People, Place

# The client leaves the pictures open that it reads.
pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")


@pytest.fixture
def sdk(place: Place, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Its requests-toolbelt asks for a module that urllib3 2 has no more, and never uses it."""
    module = types.ModuleType("urllib3.contrib.appengine")
    monkeypatch.setattr(urllib3.contrib, "appengine", module, raising=False)
    return pytest.importorskip("compreface").CompreFace("http://127.0.0.1", str(place.port))


def test_people_are_added_recognised_renamed_and_deleted(
    sdk: Any, place: Place, people: People
) -> None:
    recognition = sdk.init_face_recognition(place.key)
    faces, subjects = recognition.get_face_collection(), recognition.get_subjects()
    first, second, third = (name for name in people if name != "_unknown")
    assert subjects.list() == {"subjects": []} and faces.list()["faces"] == []
    nobody = recognition.recognize(str(people[first][0]))
    assert [face["subjects"] for face in nobody["result"]] == [[]]

    added = [faces.add(str(people[name][0]), name) for name in (first, second)]
    assert [row["subject"] for row in added] == [first, second]
    assert faces.add(people[first][1].read_bytes(), first)["subject"] == first
    options = {"limit": 1, "prediction_count": 2, "det_prob_threshold": 0.7}
    for name in (first, second):
        (found,) = recognition.recognize(str(people[name][2]), options)["result"]
        known, other = found["subjects"]
        assert known["subject"] == name and known["similarity"] >= 0.81
        assert other["similarity"] < 0.40
    (stranger,) = recognition.recognize(str(people[third][0]), {"limit": 1})["result"]
    assert stranger["subjects"][0]["similarity"] < 0.40

    listed = faces.list()
    assert listed["total_elements"] == 3 and listed["page_size"] == 20
    assert {row["image_id"] for row in added} < {row["image_id"] for row in listed["faces"]}
    assert (
        faces.verify(str(people[first][3]), added[0]["image_id"])["result"][0]["similarity"] >= 0.81
    )
    assert (
        faces.verify(str(people[second][3]), added[0]["image_id"])["result"][0]["similarity"] < 0.40
    )

    assert subjects.add("zoe") == {"subject": "zoe"}
    assert subjects.add("zoe") == {"message": "Subject already exists", "code": 43}
    assert subjects.update(first, "zoe") == {"updated": True}
    assert subjects.list() == {"subjects": sorted([second, "zoe"])}
    (renamed,) = recognition.recognize(str(people[first][2]), {"limit": 1})["result"]
    assert renamed["subjects"][0]["subject"] == "zoe"
    assert subjects.update(first, "x")["code"] == 42

    assert subjects.delete("zoe") == {"subject": "zoe"}
    (gone,) = recognition.recognize(str(people[first][2]), {"limit": 1})["result"]
    assert gone["subjects"][0]["similarity"] < 0.40
    assert subjects.delete("zoe")["code"] == 42
    assert faces.delete(added[1]["image_id"]) == added[1]
    assert faces.delete(added[1]["image_id"])["code"] == 44
    assert faces.add(str(people[third][0]), third)["subject"] == third
    assert faces.delete_all(third) == {"deleted": 1}
    faces.add(str(people[third][0]), third)
    assert subjects.delete_all() == {"deleted": 1}
    assert subjects.list() == {"subjects": []} and faces.list()["faces"] == []


def test_faces_are_detected_and_verified(sdk: Any, place: Place, people: People) -> None:
    first, second, *_ = people
    options = {"face_plugins": "landmarks,calculator,age,gender", "status": True}
    detection = sdk.init_face_detection(place.key)
    found = detection.detect(str(people[first][0]), options)
    (face,) = found["result"]
    assert set(face) == {"box", "landmarks", "embedding", "execution_time"}
    assert len(face["landmarks"]) == 5 and len(face["embedding"]) == 128
    assert set(face["box"]) == {"probability", "x_min", "y_min", "x_max", "y_max"}
    assert set(face["execution_time"]) == {"detector", "calculator"}
    assert set(found["plugins_versions"]) == {"detector", "calculator"}

    verification = sdk.init_face_verification(place.key)
    same = verification.verify(str(people[first][1]), str(people[first][2]))
    (match,) = same["result"][0]["face_matches"]
    assert match["similarity"] >= 0.81 and "plugins_versions" not in same["result"][0]
    assert set(same["result"][0]["source_image_face"]) == {"box"}
    other = verification.verify(str(people[first][1]), str(people[second][1]))
    assert other["result"][0]["face_matches"][0]["similarity"] < 0.40
