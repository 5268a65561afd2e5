"""What is logged of answers: filters, pages, CSV, times, and what is too old."""

from __future__ import annotations

import csv
import io
from datetime import datetime

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import update

from server.history.statistics import statistics
from server.service import service_of
from server.storage.database import now
from server.storage.tables import predictions
from tests.server.records import sample
from tests.support.making import KeyOf, ask, make_picture


def test_an_answer_is_in_the_history(client: FlaskClient, key_of: KeyOf) -> None:
    admin = key_of("admin")
    asked = ask(client)
    (row,) = client.get("/api/predictions", headers=admin).get_json()["predictions"]
    assert row["id"] == asked["prediction_id"]
    assert (row["label"], row["reason"], row["model"], row["version"]) == (
        "red",
        "known",
        "colours",
        1,
    )
    assert row["client"] == "127.0.0.1"
    assert row["regions"][0]["label"] == "red"
    assert client.get(f"/api/predictions/{row['id']}", headers=admin).get_json() == row
    assert client.get(f"/api/predictions/{'0' * 32}", headers=admin).status_code == 404


def test_who_asked_is_logged(app: Flask) -> None:
    key, created = service_of(app).keys.create("shop", "admin")
    client = app.test_client()
    client.post(
        "/api/predict", data=make_picture(), content_type="image/png", headers={"X-API-Key": key}
    )
    (row,) = client.get("/api/predictions", headers={"X-API-Key": key}).get_json()["predictions"]
    assert row["key"] == created.id


def test_filters_and_pages(client: FlaskClient, key_of: KeyOf) -> None:
    admin = key_of("admin")
    for colour in ("red", "blue", "white", "black", "red"):
        ask(client, colour)

    def found(query: str) -> list[str | None]:
        answer = client.get(f"/api/predictions?{query}", headers=admin)
        return [prediction["label"] for prediction in answer.get_json()["predictions"]]

    assert found("") == ["red", None, None, "blue", "red"]
    assert found("label=red") == ["red", "red"]
    assert found("reason=nothing_found") == [None]
    assert found("reason=known&label=blue") == ["blue"]
    assert found("model=other") == []
    assert found(f"since={now() + 1000}") == []
    assert found(f"until={now() + 1000}") == ["red", None, None, "blue", "red"]
    first = client.get("/api/predictions?limit=2", headers=admin).get_json()
    second = client.get(
        f"/api/predictions?limit=2&before={first['next']}", headers=admin
    ).get_json()
    last = client.get(f"/api/predictions?limit=2&before={second['next']}", headers=admin).get_json()
    assert [
        prediction["label"] for page in (first, second, last) for prediction in page["predictions"]
    ] == found("")
    assert last["next"] is None


def test_csv_holds_everything_and_no_formula(
    app: Flask, client: FlaskClient, key_of: KeyOf
) -> None:
    admin = key_of("admin")
    ids = [ask(client)["prediction_id"] for _ in range(3)]
    client.get("/api/stats", headers=admin)
    with service_of(app).store.write() as connection:
        connection.execute(
            update(predictions).where(predictions.c.id == ids[0]).values(label="=cmd()")
        )
    with client.get("/api/predictions?format=csv&limit=1", headers=admin) as answer:
        rows = list(csv.DictReader(io.StringIO(answer.get_data(as_text=True))))
    assert [row["id"] for row in rows] == ids[::-1]
    assert rows[-1]["label"] == "'=cmd()"
    assert (rows[0]["regions"], len(rows[0]["probabilities"].split())) == ("red", 1)
    logged = client.get(f"/api/predictions/{ids[-1]}", headers=admin).get_json()
    assert float(rows[0]["probabilities"]) == pytest.approx(
        logged["regions"][0]["probability"], rel=1e-5
    )
    assert datetime.fromisoformat(rows[0]["when"]).timestamp() * 1000 == pytest.approx(
        int(rows[0]["time"]), abs=0.01
    )
    assert rows[0]["when"].endswith("+00:00")


HOUR = 3_600_000
NEW_YEAR = 1_767_225_600_000  # 2026-01-01T00:00Z


@pytest.mark.parametrize(
    ("when", "milliseconds"),
    [
        (str(NEW_YEAR), NEW_YEAR),
        ("2026-01-01", NEW_YEAR),
        ("2026-01-01T00:00", NEW_YEAR),
        ("2026-01-01T01:30:00Z", NEW_YEAR + HOUR * 3 // 2),
        ("2026-01-01 01:00", NEW_YEAR + HOUR),
        ("2026-01-01T01:00:00.25", NEW_YEAR + HOUR + 250),
        ("2026-01-01T02:00%2B01:00", NEW_YEAR + HOUR),
        ("2026-01-01T02:00+01:00", NEW_YEAR + HOUR),  # a + that was not escaped comes as a space
        ("2025-12-31T22:00-03:00", NEW_YEAR + HOUR),
        (
            "2026-13-01",
            (
                "must be milliseconds since 1970, a date as 2026-01-31, or a time as"
                " 2026-01-31T09:30Z; month"
            ),
        ),
        ("2026-02-30", "day is out of range for month"),
        ("2026-01-01T25:00", "hour must be in 0..23"),
        (
            "2026-1-1",
            (
                "must be milliseconds since 1970, a date as 2026-01-31, or a time as"
                " 2026-01-31T09:30Z."
            ),
        ),
        ("2026-01-01T00:00-24:00", "a date as 2026-01-31, or a time as 2026-01-31T09:30Z."),
        ("01.01.2026", "a date as 2026-01-31"),
        ("2026-W01-1", "a date as 2026-01-31"),
        ("2026-01-01T01:00 UTC", "a date as 2026-01-31"),
        ("٢٠٢٦-01-01", "a date as 2026-01-31"),
        ("yesterday", "a date as 2026-01-31"),
        ("", "a date as 2026-01-31"),
        ("1969-12-31", "must be at least 0"),
        ("2300-01-01", "must be at most 9999999999999"),
        ("-1", "must be at least 0"),
        ("9" * 20, "a date as 2026-01-31"),
    ],
)
def test_times_of_the_query(app: Flask, key_of: KeyOf, when: str, milliseconds: int | str) -> None:
    """Two answers a millisecond apart: `since` begins with the second one,
    `until` ends before it.
    """
    client, admin, history = app.test_client(), key_of("admin"), service_of(app).history
    if isinstance(milliseconds, str):
        for path in ("predictions", "stats"):
            answer = client.get(f"/api/{path}?until={when}", headers=admin)
            assert (answer.status_code, milliseconds in answer.get_json()["detail"]) == (
                422,
                True,
            ), answer.get_json()
        return
    history.insert([{**sample(height), "time": milliseconds + height} for height in (-1, 0)])
    for name, height in (("since", 0), ("until", -1)):
        (row,) = client.get(f"/api/predictions?{name}={when}", headers=admin).get_json()[
            "predictions"
        ]
        assert row["height"] == height
        assert client.get(f"/api/stats?{name}={when}", headers=admin).get_json()["predictions"] == 1


def test_old_predictions_are_removed(app: Flask, client: FlaskClient) -> None:
    old, new = ask(client)["prediction_id"], ask(client)["prediction_id"]
    service = service_of(app)
    service.keeper.settle()
    with service.store.write() as connection:
        connection.execute(
            update(predictions).where(predictions.c.id == old).values(time=now() - 11 * 86_400_000)
        )
    assert service.history.expire(0) == 0
    assert service.history.expire(10) == 1
    assert service.history.find(old) is None
    assert service.history.find(new) is not None


def test_an_answer_that_cannot_be_logged_is_given_and_says_so(
    app: Flask, client: FlaskClient
) -> None:
    service = service_of(app)
    ask(client)
    service.journal.drain()
    object.__setattr__(service.journal, "backlog", 10)
    body = ask(client)
    assert (body["label"], body["prediction_id"]) == ("red", None)
    object.__setattr__(service.journal, "backlog", 1 << 20)
    assert ask(client)["prediction_id"]


def test_what_comes_twice_is_there_once(app: Flask) -> None:
    history, one = service_of(app).history, sample()
    history.insert([one])
    history.insert([one, sample()])
    assert statistics(history.store, 0).predictions == 2


def test_labels_as_long_as_a_data_set_may_have_them(app: Flask) -> None:
    """A folder made by hand may have a longer name than the API gives; its answers must not be left
    out.
    """
    history, label = service_of(app).history, "é" * 100 + "x" * 100
    region = {
        "position": 0,
        "label": label,
        "best": label,
        "probability": 1.0,
        "similarity": None,
        "reason": "known",
    }
    history.insert([{**sample(), "label": label, "regions": [region | {"box": [0, 0, 1, 1]}]}])
    assert statistics(history.store, 0).by_label == {label: 1}
    assert history.erase_class(label)[1] == 0
    assert statistics(history.store, 0).predictions == 0


def test_one_bad_record_does_not_hold_up_the_others(app: Flask) -> None:
    history = service_of(app).history
    bad = {**sample(), "model": None}
    history.insert([sample(), bad, sample()])
    assert statistics(history.store, 0).predictions == 2


def test_a_camera_is_logged_and_found(client: FlaskClient, key_of: KeyOf) -> None:
    admin = key_of("admin")

    def asked(query: str) -> str | None:
        answer = client.post(
            f"/api/predict?{query}", data=make_picture(), content_type="image/png"
        ).get_json()
        assert answer["label"] == "red"
        return answer["prediction_id"]

    def found(query: str) -> list[str | None]:
        answer = client.get(f"/api/predictions?{query}", headers=admin)
        return [row["camera"] for row in answer.get_json()["predictions"]]

    assert asked("logged=false&camera=door") is None, "answered, counted, and not logged"
    assert asked("camera=door") and asked("camera=yard") and asked("")
    assert found("") == [None, "yard", "door"]
    assert found("camera=door") == ["door"] and found("camera=*") == ["yard", "door"]
    for wrong in ("Front Door", "a/b", ""):
        assert client.post(f"/api/predict?camera={wrong}", data=b"x").status_code == 422
        assert client.get(f"/api/predictions?camera={wrong}", headers=admin).status_code == 422
