"""CompreFace's routes held against what its documentation and other clients of it expect."""

from __future__ import annotations

import base64
import shutil
import uuid
from pathlib import Path

import pytest

from server.compreface.answers import KNOWN, UNKNOWN, scaled
from server.service import service_of
from tests.server.compreface.conftest import People, Place
from tests.support.making import ONE_DATABASE, Make, make_picture
from tests.support.pictures import PACKAGED

COFFEE = (PACKAGED / "coffee.png").read_bytes()
RECOGNIZE, FACES = "recognition/recognize", "recognition/faces"
NOBODY = "12345678-1234-1234-1234-123456789012"


@pytest.mark.parametrize(
    ("key", "status", "code", "message"),
    [
        (None, 400, 20, "Missing header: x-api-key"),
        ("", 400, 20, "Missing header: x-api-key"),
        ("no-uuid", 400, 26, "Service API key should be UUID"),
        (NOBODY, 404, 10, f"Recognition service with API Key {NOBODY} not found"),
    ],
)
def test_keys_that_open_nothing(
    place: Place, key: str | None, status: int, code: int, message: str
) -> None:
    answer = place.ask("GET", "recognition/subjects", headers={"x-api-key": key})
    assert answer.status_code == status
    assert answer.json() == {"message": message, "code": code}


def test_a_key_of_ours_is_no_uuid_and_one_of_a_model_opens_nothing_else(place: Place) -> None:
    ours, _ = service_of(place.app).keys.create("me", "admin")
    answer = place.ask("GET", "recognition/subjects", headers={"x-api-key": ours})
    assert answer.json()["code"] == 26
    for method, path in (("GET", "models"), ("POST", "session"), ("GET", "keys")):
        body = {"key": place.key} if path == "session" else None
        answer = place.ask(method, f"../{path}", json=body)
        assert answer.status_code in (401, 403), path
        assert "CompreFace" in answer.json()["detail"]
    assert place.ask("GET", "../access").json()["role"] == "train"
    asked = place.ask("GET", "recognition/subjects", headers={"x-api-key": place.key.upper()})
    assert asked.status_code == 200


def test_who_may_only_ask_teaches_nothing(place: Place, people: People) -> None:
    headers = {"x-api-key": place.key_of("predict")}
    picture = next(iter(people.values()))[0].read_bytes()
    refused = place.ask(
        "POST", FACES, params={"subject": "x"}, files={"file": picture}, headers=headers
    )
    assert refused.status_code == 403 and refused.json()["code"] == 0
    assert place.ask("POST", RECOGNIZE, files={"file": picture}, headers=headers).ok


def test_what_is_no_picture_of_one_face(place: Place, people: People) -> None:
    face = next(iter(people.values()))[0].read_bytes()
    large = face + bytes(5 * 1024 * 1024)
    for path, files, code, message in (
        (RECOGNIZE, {"file": COFFEE}, 28, "No face is found in the given image"),
        (FACES, {"file": COFFEE}, 28, "No face is found in the given image"),
        ("detection/detect", {"file": COFFEE}, 28, "No face is found in the given image"),
        (RECOGNIZE, {"file": b"not a picture"}, 0, "picture"),
        (RECOGNIZE, {"file": large}, 0, "5,242,880 bytes"),
        (FACES, {"file": large}, 0, "5,242,880 bytes"),
        (RECOGNIZE, {"other": face}, 0, "Required part file is missing"),
        ("verification/verify", {"source_image": face}, 0, "target_image"),
    ):
        answer = place.ask("POST", path, params={"subject": "x"}, files=files)
        assert answer.status_code == 400, (path, answer.text)
        assert answer.json()["code"] == code and message in answer.json()["message"]


@ONE_DATABASE
@pytest.mark.parametrize(
    ("path", "parameters", "message"),
    [
        (RECOGNIZE, {"prediction_count": 0}, "prediction_count should be equal or greater than 1"),
        (RECOGNIZE, {"limit": -1}, "Limit should be equal or greater than 0"),
        (RECOGNIZE, {"det_prob_threshold": "high"}, "det_prob_threshold"),
        (FACES, {"subject": " "}, "Subject name is empty"),
        (FACES, {"subject": "a/b"}, "no slashes"),
        (FACES, {"subject": "_unknown"}, "special class"),
    ],
)
def test_wishes_that_cannot_be(
    place: Place, people: People, path: str, parameters: dict[str, object], message: str
) -> None:
    picture = next(iter(people.values()))[0].read_bytes()
    answer = place.ask("POST", path, params=parameters, files={"file": picture})
    assert (answer.status_code, answer.json()["code"]) == (400, 0)
    assert message in answer.json()["message"]


def test_several_faces_are_no_example(place: Place, people: People, shared_data: Path) -> None:
    group = next((shared_data / "faces" / "bbt_faceapi").rglob("bbt*.jpg"))
    answer = place.ask("POST", FACES, params={"subject": "x"}, files={"file": group.read_bytes()})
    assert answer.json() == {"message": "More than one face in the source image", "code": 31}
    found = place.ask("POST", "detection/detect", files={"file": group.read_bytes()}).json()
    areas = [
        (box["x_max"] - box["x_min"]) * (box["y_max"] - box["y_min"])
        for box in (face["box"] for face in found["result"])
    ]
    assert len(areas) > 1 and areas == sorted(areas, reverse=True)
    limited = place.ask(
        "POST", "detection/detect", params={"limit": 1}, files={"file": group.read_bytes()}
    )
    assert [face["box"] for face in limited.json()["result"]] == [found["result"][0]["box"]]


def test_base64_and_what_clients_write_by_mistake(place: Place, people: People) -> None:
    name = next(iter(people))
    text = base64.b64encode(people[name][0].read_bytes()).decode()
    added = place.ask("POST", FACES, params={"subject": name}, json={"file": text})
    assert added.status_code == 201
    wishes = {"face_plugins": "undefined", "status": "true", "unheard_of": "1"}
    sent = base64.b64encode(people[name][1].read_bytes()).decode()
    answer = place.ask("POST", RECOGNIZE, params=wishes, json={"file": sent}).json()
    assert set(answer) == {"result", "plugins_versions"}
    (face,) = answer["result"]
    assert face["subjects"][0]["subject"] == name
    assert set(face) == {"box", "subjects", "execution_time"}
    cut = people[name][1].read_bytes()
    whole = place.ask("POST", RECOGNIZE, params={"detect_faces": "false"}, files={"file": cut})
    (all_of_it,) = whole.json()["result"]
    assert (all_of_it["box"]["x_min"], all_of_it["box"]["x_max"]) == (0, 250)
    assert place.ask("POST", RECOGNIZE, json={"file": "%"}).json()["code"] == 0


def test_examples_are_paged_shown_and_deleted(place: Place, people: People) -> None:
    name = next(iter(people))
    ids = [place.add(name, picture) for picture in people[name][:3]]
    assert place.add(name, people[name][0]) == ids[0]  # the same picture twice is one
    page = place.ask("GET", FACES, params={"page": 1, "size": 2}).json()
    assert [page[key] for key in ("page_number", "page_size", "total_pages", "total_elements")] == [
        1,
        2,
        2,
        3,
    ]
    assert len(page["faces"]) == 1
    assert place.ask("GET", FACES, params={"subject": "nobody"}).json()["faces"] == []
    shown = place.ask("GET", f"{FACES}/{ids[0]}/img")
    assert shown.content.startswith(b"\xff\xd8")
    static = f"static/{place.key}/images/{ids[0]}"
    by_address = place.ask("GET", static, headers={"x-api-key": None})
    assert by_address.content == shown.content
    assert place.ask("GET", f"{FACES}/{uuid.uuid4()}/img").content == b""
    assert place.ask("GET", f"static/{NOBODY}/images/{ids[0]}").json()["code"] == 10
    gone = place.ask("POST", f"{FACES}/delete", json=[ids[0], str(uuid.uuid4())]).json()
    assert gone == [{"image_id": ids[0], "subject": name}]
    assert place.ask("DELETE", FACES).json() == {"deleted": 2}
    assert place.ask("GET", "recognition/subjects/").json() == {"subjects": []}


def test_the_routes_are_off_unless_somebody_switches_them_on(make: Make) -> None:
    client = make().test_client()
    answer = client.get("/api/v1/recognition/subjects", headers={"x-api-key": NOBODY})
    assert answer.status_code == 404 and answer.get_json()["code"] == "not-found"
    assert not [
        path for path in client.get("/api/openapi.json").get_json()["paths"] if "v1" in path
    ]


def test_answers_of_both_routes_name_the_same(place: Place, people: People) -> None:
    first, second, *_ = people
    for name in (first, second):
        place.add(name, people[name][0])
    client = place.app.test_client()
    pictures = [*people[first][1:4], *people[second][1:4], *people["_unknown"][:4]]
    for picture in pictures:
        ours = client.post(
            "/api/predict?model=family", data=picture.read_bytes(), content_type="image/jpeg"
        ).get_json()
        theirs = place.ask("POST", RECOGNIZE, files={"file": picture.read_bytes()}).json()
        known = [
            row["subject"]
            for face in theirs["result"]
            for row in face["subjects"]
            if row["similarity"] >= 0.81
        ]
        assert sorted(known) == sorted(
            region["label"] for region in ours["regions"] if region["label"]
        )
        assert len(theirs["result"]) == len(ours["regions"])


def test_similarity_rises_with_our_score_and_leaves_a_gap_at_the_threshold() -> None:
    scores = [number / 1000 for number in range(-1000, 1001)]
    for threshold in (-1.0, 0.2, 0.41, 0.99):
        scale = [scaled(score, threshold, -1.0) for score in scores]
        assert scale == sorted(scale) and scale[0] >= 0 and scale[-1] == 1
        for score, value in zip(scores, scale, strict=True):
            assert value >= KNOWN if score >= threshold else value <= UNKNOWN < 0.40


def test_a_model_without_an_embedding_answers_and_teaches_nothing(
    place: Place, shapes_artifacts: Path
) -> None:
    shutil.copytree(shapes_artifacts, service_of(place.app).settings.artifacts, dirs_exist_ok=True)
    headers = {"x-api-key": place.key_of("train", "shapes")}
    assert place.ask("GET", "recognition/subjects", headers=headers).json()["subjects"] == [
        "cross",
        "disc",
        "square",
    ]
    picture = make_picture("red")
    refused = place.ask(
        "POST", FACES, params={"subject": "x"}, files={"file": picture}, headers=headers
    )
    assert refused.json()["code"] == 0 and "face-modern" in refused.json()["message"]
