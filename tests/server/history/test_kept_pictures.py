"""Pictures that are kept with their answers, where that is wished."""

from __future__ import annotations

import io
import os
import time
from contextlib import suppress

import PIL.Image
import pytest
from flask import Flask
from flask.testing import FlaskClient

from server.service import service_of
from tests.support.making import Make, ask, make_picture


def test_no_picture_is_kept_unless_wished(client: FlaskClient, app: Flask) -> None:
    ask(client)
    service_of(app).keeper.settle()
    assert not list(service_of(app).settings.state.rglob("*.jpg"))


def kept_picture(app: Flask, prediction: str) -> bytes:
    """Once it is kept: the housekeeping thread may be the one that is writing it."""
    service_of(app).keeper.settle()
    for _ in range(100):
        if data := service_of(app).kept.read(prediction):
            return data
        time.sleep(0.05)
    pytest.fail("the picture was not kept")


def test_kept_pictures_are_reencoded_and_expire(make: Make) -> None:
    app = make(keep_pictures_days=1)
    hidden = make_picture("red", kind="JPEG") + b"hidden behind the picture"
    asked = (
        app.test_client().post("/api/predict", data=hidden, content_type="image/jpeg").get_json()
    )
    service = service_of(app)
    kept = kept_picture(app, asked["prediction_id"])
    assert kept[:2] == b"\xff\xd8"
    assert b"hidden" not in kept
    assert service.kept.expire() == 0
    old = time.time() - 2 * 86400
    for _ in range(100):  # that thread may still write the file anew, or expire it first
        with suppress(FileNotFoundError):
            os.utime(service.kept.path(asked["prediction_id"]), (old, old))
        service.kept.expire()
        if service.kept.read(asked["prediction_id"]) is None:
            return
        time.sleep(0.05)
    pytest.fail("an expired picture is still there")


def test_a_kept_picture_can_be_seen(make: Make) -> None:
    app = make(keep_pictures_days=7)
    client, admin = app.test_client(), {"X-API-Key": service_of(app).keys.create("me", "admin")[0]}
    kept, gone = ask(client)["prediction_id"], ask(client, "blue")["prediction_id"]
    data, _ = kept_picture(app, kept), kept_picture(app, gone)
    answer = client.get(f"/api/predictions/{kept}/picture", headers=admin)
    assert answer.data == data
    assert (answer.status_code, answer.mimetype) == (200, "image/jpeg")
    assert PIL.Image.open(io.BytesIO(answer.data)).size == (64, 48)
    assert service_of(app).kept.remove([gone]) == 1
    for prediction, message in (
        (gone, "LIKENESS_KEEP_PICTURES_DAYS, the days for"),
        ("0" * 32, "There is no prediction"),
    ):
        answer = client.get(f"/api/predictions/{prediction}/picture", headers=admin)
        assert (answer.status_code, message in answer.get_json()["detail"]) == (404, True)
    rows = client.get("/api/predictions", headers=admin).get_json()["predictions"]
    assert [(row["id"], row["kept"]) for row in rows] == [(gone, False), (kept, True)]
    assert client.get(f"/api/predictions/{kept}", headers=admin).get_json()["kept"] is True
