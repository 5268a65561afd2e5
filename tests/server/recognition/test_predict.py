"""Our own way of asking: every way to send a picture, batches, what an answer says, and a full
queue.
"""

from __future__ import annotations

import base64
import io
import threading
from typing import Any

import pytest
from flask.testing import FlaskClient
from werkzeug.datastructures import FileStorage, MultiDict
from werkzeug.test import encode_multipart

from server.service import service_of
from tests.support.making import ONE_DATABASE, Make, data_url, make_picture
from tests.support.tiny_models import TinyRegistry

RED = make_picture("red")
TEXT = base64.b64encode(RED).decode()


@ONE_DATABASE
@pytest.mark.parametrize(
    "request_",
    [
        {"data": {"image": (io.BytesIO(RED), "a.png")}},
        {"data": {"image": data_url(RED)}, "content_type": "multipart/form-data"},
        {"data": RED, "content_type": "image/png"},
        {"data": RED, "content_type": "application/octet-stream"},
        {"data": RED, "content_type": "application/x-image"},
        {"data": RED},
        {"json": {"image": TEXT}},
        {"json": {"image": data_url(RED)}},
    ],
    ids=["file", "field", "image/png", "octet-stream", "x-image", "no type", "base64", "data URL"],
)
@pytest.mark.parametrize("path", ["/api/predict", "/predict", "/invocations"])
def test_ways_to_send_a_picture(client: FlaskClient, path: str, request_: dict[str, Any]) -> None:
    if isinstance(request_.get("data"), dict) and isinstance(request_["data"]["image"], tuple):
        request_ = {"data": {"image": (io.BytesIO(RED), "a.png")}}
    body = client.post(path, **request_).get_json()
    assert (body["label"], body["reason"]) == ("red", "known")
    assert body["model"] == {"name": "colours", "version": 1}
    assert body["picture"] == {"width": 64, "height": 48}
    scores = [row["score"] for row in body["predictions"]]
    assert scores == sorted(scores, reverse=True)
    assert {row["label"] for row in body["predictions"]} == {"red", "green", "blue"}
    (region,) = body["regions"]
    assert region["box"] == [0, 0, 64, 48]
    assert region["top_k"][0]["label"] == "red"
    assert set(body["seconds"]) == {"decode", "predict"}
    assert len(body["prediction_id"]) == 32


def test_nothing_found_is_an_answer_with_a_reason(client: FlaskClient) -> None:
    answer = client.post("/api/predict", data=make_picture("black"), content_type="image/png")
    body = answer.get_json()
    assert (answer.status_code, body["regions"], body["predictions"]) == (200, [], [])
    assert (body["reason"], body["note"]) == ("nothing_found", "Nothing was found.")


def test_stranger(client: FlaskClient) -> None:
    body = client.post(
        "/api/predict", data=make_picture("white"), content_type="image/png"
    ).get_json()
    assert (body["label"], body["reason"], body["regions"][0]["label"]) == (None, "unknown", None)


@ONE_DATABASE
@pytest.mark.parametrize(
    ("query", "body", "status", "message"),
    [
        ("?top_k=2", {"image": TEXT}, 200, ""),
        ("?top_k=0", {"image": TEXT}, 422, "top_k"),
        ("?top_k=101", {"image": TEXT}, 422, "top_k"),
        ("?top_k=2.0", {"image": TEXT}, 422, "whole number"),
        ("?top_k=1_0", {"image": TEXT}, 422, "whole number"),
        ("?top_k=", {"image": TEXT}, 422, "whole number"),
        ("?explain=yes", {"image": TEXT}, 422, "true or false"),
        ("?explain=1", {"image": TEXT}, 422, "true or false"),
        ("?explain=true", {"image": TEXT}, 422, "cannot explain"),
        ("?model=nobody", {"image": TEXT}, 404, "There are: colours"),
        ("?model=../../etc", {"image": TEXT}, 422, "model"),
        ("", {}, 422, "either image or url"),
        ("", {"image": TEXT, "url": "http://x"}, 422, "either image or url"),
        ("", {"image": TEXT, "pictures": 1}, 422, "pictures"),
        ("", {"image": 7}, 422, "text"),
        ("", {"image": ""}, 400, "0 bytes"),
        ("", {"image": "!"}, 400, "not base64"),
        ("", {"url": "http://example.com/a.jpg"}, 400, "not fetched from addresses here"),
        ("", [TEXT], 422, "body"),
        ("", "text", 422, "body"),
    ],
)
def test_wishes_are_taken_literally(
    client: FlaskClient, query: str, body: Any, status: int, message: str
) -> None:
    answer = client.post(f"/api/predict{query}", json=body)
    assert answer.status_code == status, answer.get_json()
    if status == 200:
        assert len(answer.get_json()["predictions"]) == 2
    else:
        assert message in answer.get_json()["detail"]


@ONE_DATABASE
@pytest.mark.parametrize(
    ("data", "kind", "status"),
    [
        (b"{", "application/json", 400),
        (b"\xff\xfe", "application/json", 400),
        (b"[" * 9_000, "application/json", 400),
        (b"", "application/json", 400),
        (b"", "image/png", 400),
        (b"x", "text/plain", 415),
        (b"<svg/>", "image/svg+xml", 415),
        (RED[:50], "image/png", 400),
    ],
)
def test_other_bodies(client: FlaskClient, data: bytes, kind: str, status: int) -> None:
    answer = client.post("/api/predict", data=data, content_type=kind)
    assert (answer.status_code, answer.mimetype) == (status, "application/problem+json"), (
        answer.get_json()
    )


FORM = (
    "application/x-www-form-urlencoded"  # what curl says of a body when nobody says anything else
)
FILE = "With curl: -F image=@photo.jpg, or --data-binary @photo.jpg -H 'Content-Type: image/jpeg'."
FILES = "With curl: -F image=@a.jpg -F image=@b.jpg."


@ONE_DATABASE
@pytest.mark.parametrize(
    ("path", "body", "status", "message"),
    [
        (
            "predict",
            (RED, FORM),
            400,
            f"is missing: the body came as {FORM} and holds something else. {FILE}",
        ),
        (
            "predict",
            (TEXT.encode(), FORM),
            400,
            f"is missing: the body came as {FORM} and holds something else. {FILE}",
        ),
        (
            "predict",
            (b"img=a", FORM),
            400,
            f"The form field image is missing: the form holds img. {FILE}",
        ),
        (
            "predict",
            (b"", FORM),
            400,
            f"The form field image is missing: the form is empty. {FILE}",
        ),
        (
            "predict",
            (RED, "text/plain"),
            415,
            "text/plain is not accepted here: send multipart/form-data with the",
        ),
        ("predict", (RED, "text/plain"), 415, FILE),
        (
            "predict/batch",
            (RED, FORM),
            415,
            f"The body is {FORM}: send multipart/form-data with several fields image",
        ),
        ("predict/batch", (RED, ""), 415, "The body is of no stated type: send"),
        ("predict/batch", (RED, "image/png"), 415, FILES),
        ("classify_image", (RED, FORM), 400, "something else. Send it as a data URL"),
    ],
)
def test_a_body_of_the_wrong_kind_is_told_what_to_send(
    client: FlaskClient, path: str, body: tuple[bytes, str], status: int, message: str
) -> None:
    data, kind = body
    answer = client.post(f"/api/{path}", data=data, content_type=kind)
    assert (answer.status_code, message in answer.get_json()["detail"]) == (status, True), (
        answer.get_json()["detail"]
    )


def test_batch_reports_each_picture(client: FlaskClient) -> None:
    images = [
        {"image": TEXT},
        {"image": "!"},
        {"image": data_url(make_picture("blue"))},
        {"url": "http://x.example"},
    ]
    body = client.post("/api/predict/batch", json={"images": images}).get_json()
    assert [row["ok"] for row in body["results"]] == [True, False, True, False]
    assert body["failed"] == 2
    assert body["results"][1]["problem"]["code"] == "not-base64"
    assert body["results"][2]["answer"]["label"] == "blue"
    assert [row["index"] for row in body["results"]] == [0, 1, 2, 3]


def test_batch_as_files(client: FlaskClient) -> None:
    files = [(io.BytesIO(RED), "a.png"), (io.BytesIO(b"text"), "b.png"), (io.BytesIO(b""), "c.png")]
    body = client.post("/api/predict/batch", data={"image": files}).get_json()
    assert [row.get("problem", {}).get("code") for row in body["results"]] == [
        None,
        "not-a-picture",
        "empty-picture",
    ]


@ONE_DATABASE
@pytest.mark.parametrize(
    ("images", "status", "message", "limits"),
    [
        ([], 422, "images must hold 1 or more.", {"images": 1}),
        (
            [{"image": TEXT}] * 33,
            413,
            "33 pictures came; at most 32 are allowed at a time.",
            {"batch_pictures": 32},
        ),
        ([{"image": TEXT}] * 1001, 413, "1001 pictures came; at most 32", {"batch_pictures": 32}),
        ("x", 422, "images must be a list.", None),
        ([{}], 422, "images.0 must hold either image or url.", None),
    ],
    ids=["none", "33", "1001", "no list", "nothing in it"],
)
def test_batches_that_are_refused(
    client: FlaskClient, images: Any, status: int, message: str, limits: dict[str, int] | None
) -> None:
    answer = client.post("/api/predict/batch", json={"images": images})
    body = answer.get_json()
    assert (answer.status_code, message in body["detail"], body.get("limits")) == (
        status,
        True,
        limits,
    ), body


def test_a_file_of_a_batch_is_read_no_further_than_its_limit(client: FlaskClient) -> None:
    """So its size is not known, and no number is given for it."""
    files = [
        ("image", FileStorage(io.BytesIO(bytes(size)), f"{size}.png"))
        for size in (2_000_000, 3_000_000)
    ]
    boundary, body = encode_multipart(MultiDict(files))
    answer = client.post(
        "/api/predict/batch", data=body, content_type=f"multipart/form-data; boundary={boundary}"
    )
    fits, over = (row["problem"] for row in answer.get_json()["results"])
    assert fits["code"] == "not-a-picture"
    assert (over["code"], over["limits"]) == ("picture-too-large", {"picture_bytes": 2_000_000})
    assert (
        over["detail"]
        == "The file has more than 2,000,000 bytes, which is the most that is allowed."
    )


def test_batch_of_an_unknown_model_fails_once(client: FlaskClient) -> None:
    assert (
        client.post(
            "/api/predict/batch?model=nobody", json={"images": [{"image": TEXT}]}
        ).status_code
        == 404
    )


def test_a_full_queue_says_so_and_empties(make: Make, registry: TinyRegistry) -> None:
    """One picture is looked at, one waits, the others are told to come back; afterwards all is as
    before.
    """
    registry.delay = 0.5
    app = make(at_once=1, queue=1)
    answers: list[tuple[int, str | None]] = []

    def ask() -> None:
        answer = app.test_client().post("/api/predict", json={"image": TEXT})
        answers.append((answer.status_code, answer.headers.get("Retry-After")))

    threads = [threading.Thread(target=ask) for _ in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answers) == [(200, None)] * 2 + [(429, "1")] * 3
    assert app.test_client().post("/api/predict", json={"image": TEXT}).status_code == 200
    assert service_of(app).pool.inside == 0


def test_a_slow_picture_is_given_up_and_the_place_freed(make: Make, registry: TinyRegistry) -> None:
    registry.delay = 0.6
    app = make(at_once=1, queue=0, picture_seconds=0.2)
    answer = app.test_client().post("/api/predict", json={"image": TEXT})
    assert (answer.status_code, answer.get_json()["code"]) == (503, "too-slow")
    service_of(app).pool.close()
    while service_of(app).pool.inside:
        threading.Event().wait(0.05)


def test_many_threads_get_their_own_answers(make: Make) -> None:
    app = make(at_once=2, queue=100)
    wrong: list[str] = []

    def ask(colour: str) -> None:
        client = app.test_client()
        for _ in range(10):
            body = client.post(
                "/api/predict", data=make_picture(colour), content_type="image/png"
            ).get_json()
            if body.get("label") != colour:
                wrong.append(f"{colour}: {body}")

    threads = [
        threading.Thread(target=ask, args=(colour,)) for colour in ("red", "blue", "red", "blue")
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong
