"""What a typo gets: never silence, always a sentence that says what was wrong and what there is."""

from __future__ import annotations

import contextlib
import gzip
import io
import json
import os
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
import requests
from werkzeug.datastructures import MultiDict

from tests.support.making import ONE_DATABASE, Make, data_url, make_picture
from tests.support.paths import ROOT
from tests.support.tiny_models import TinyRegistry

PNG = {"data": make_picture(), "content_type": "image/png"}


@ONE_DATABASE
@pytest.mark.parametrize(
    ("path", "status", "message"),
    [
        ("/api/predict?top_k=2&explain=false", 200, None),
        (
            "/api/predict?topk=2",
            422,
            "There is no query parameter 'topk' here; there are: model, top_k, explain, region,"
            " camera, logged.",
        ),
        (
            "/api/predict?top_k=1&top_k=2",
            422,
            "The query parameter top_k came 2 times; give it once.",
        ),
        ("/api/predict?top_k=x", 422, "top_k must be a whole number."),
        ("/api/predict?top_k=0", 422, "top_k must be at least 1."),
        ("/api/predict?top_k=101", 422, "top_k must be at most 100."),
        ("/api/predict?explain=yes", 422, "explain must be true or false."),
        (
            "/api/predict?model=../x",
            422,
            (
                "model must be a name of 1 to 63 characters without slashes, not starting with a"
                " dot or a space."
            ),
        ),
        ("/api/nothing", 404, "There is nothing at /api/nothing."),
        ("/api/nothing?x=1", 404, "There is nothing at /api/nothing."),
        ("/api/models", 405, "Allowed here: GET, HEAD, OPTIONS."),
    ],
)
def test_of_the_address(make: Make, path: str, status: int, message: str | None) -> None:
    answer = make().test_client().post(path, **PNG)
    assert (answer.status_code, answer.get_json().get("detail")) == (status, message)


@ONE_DATABASE
@pytest.mark.parametrize(
    ("method", "path", "status", "allowed"),
    [
        ("GET", "/api/predict", 405, "OPTIONS, POST"),
        ("TRACE", "/api/predict", 405, "OPTIONS, POST"),
        ("GET", "/predict", 405, "POST"),
        ("PUT", "/api/models", 405, "GET, HEAD, OPTIONS"),
        ("GET", "/api/", 404, None),
        ("GET", "/api//models", 404, None),
        ("DELETE", "/api/nothing", 404, None),
        ("GET", "/healthz?whatever=1", 200, None),  # watchers put anything behind an address
        ("GET", "/api/models?x=1", 422, None),
        ("HEAD", "/api/models?x=1", 422, None),
        ("OPTIONS", "/api/models?x=1", 200, "GET, HEAD, OPTIONS"),
    ],
)
def test_of_the_method(
    make: Make, method: str, path: str, status: int, allowed: str | None
) -> None:
    answer = make().test_client().open(path, method=method)
    allow = answer.headers.get("Allow")
    assert (answer.status_code, allow and ", ".join(sorted(allow.split(", ")))) == (status, allowed)


@ONE_DATABASE
@pytest.mark.parametrize(
    ("path", "body", "message"),
    [
        ("/api/predict", [1], "body must be a JSON object."),
        ("/api/predict", {"image": 1}, "image must be text."),
        ("/api/predict", {}, "body must hold either image or url."),
        ("/api/predict", {"picture": "x"}, "picture is not known here."),
        ("/api/keys", {"name": "x"}, "role is missing."),
        ("/api/keys", {"name": "", "role": "admin"}, "name must have at least 1 characters."),
        ("/api/keys", {"name": "x", "role": "root"}, "role must be 'predict', 'train' or 'admin'."),
        ("/api/keys", {"name": "x", "role": "admin", "days": True}, "days must be a whole number."),
        ("/api/keys", {"name": "x", "role": "admin", "days": 0}, "days must be at least 1."),
        (
            "/api/keys",
            {"name": "a\nb", "role": "admin"},
            "name holds characters that do not belong there.",
        ),
        (
            "/api/jobs",
            {"dataset": "d", "model": "m", "fpir": "high"},
            "fpir must be a number.",
        ),
        (
            "/api/jobs",
            {"dataset": "d", "model": "Big"},
            (
                "model must be a name of 1 to 63 small letters, digits, - and _, starting with a"
                " letter or digit."
            ),
        ),
        ("/api/keys", {"name": "x", "role": "admin", "days": 9999}, "days must be at most 3650."),
        (
            "/api/corrections",
            {"prediction_id": "x"},
            "prediction_id must be an id: 32 hexadecimal digits; action is missing.",
        ),
        (
            "/api/corrections",
            {"prediction_id": "0" * 32, "action": "is"},
            "body needs a label where the action is `is`.",
        ),
    ],
)
def test_of_the_body(make: Make, path: str, body: Any, message: str) -> None:
    answer = make(local_role="admin").test_client().post(path, json=body)
    assert (answer.status_code, answer.get_json()["detail"]) == (422, message)


@ONE_DATABASE
@pytest.mark.parametrize(
    ("method", "path", "body", "limits"),
    [
        ("POST", "/api/predict?top_k=0", None, {"top_k": 1}),
        ("POST", "/api/predict?top_k=101&region=10000", None, {"top_k": 100, "region": 9999}),
        ("GET", "/api/predictions?limit=501", None, {"limit": 500}),
        ("GET", "/api/stats?days=3651", None, {"days": 3650}),
        (
            "POST",
            "/api/keys",
            {"name": "x" * 65, "role": "admin", "days": 0},
            {"name": 64, "days": 1},
        ),
        ("POST", "/api/jobs", {"dataset": "d", "model": "m", "fpir": 1}, {"fpir": 1}),
        ("POST", "/api/keys", {"name": "x", "role": "root"}, None),
    ],
)
def test_the_limit_that_was_broken(
    make: Make, method: str, path: str, body: Any, limits: dict[str, int]
) -> None:
    """And no other; nor any where none was."""
    answer = make(local_role="admin").test_client().open(path, method=method, json=body)
    assert (answer.status_code, answer.get_json().get("limits")) == (422, limits)


# Python 3.13 reads deeper than we let anybody go.
NESTED = (
    "it is nested too deeply."
    if sys.version_info < (3, 13)
    else "Expecting value at line 1, column 9001."
)


@ONE_DATABASE
@pytest.mark.parametrize("path", ["/api/predict", "/api/datasets"])
@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"{'name':'x'}", "Expecting property name enclosed in double quotes at line 1, column 2."),
        (b"[1", "Expecting ',' delimiter at line 1, column 3."),
        (b'{"name": "x",\n "y" 1}', "Expecting ':' delimiter at line 2, column 6."),
        (
            make_picture(kind="JPEG") + b"," * 20_000,
            "it is no text. A picture is sent as it is with Content-Type: image/jpeg",
        ),
        (b"9" * 5000, "it holds a number of too many digits."),
        (b"[" * 9_000, NESTED),
        (b"", "it is empty."),
    ],
    ids=[
        "single quotes",
        "half a list",
        "second line",
        "a picture",
        "5000 digits",
        "deep",
        "empty",
    ],
)
def test_of_broken_json(make: Make, path: str, body: bytes, message: str) -> None:
    answer = (
        make(local_role="admin")
        .test_client()
        .post(path, data=body, content_type="application/json")
    )
    assert (answer.status_code, answer.get_json()["code"]) == (400, "bad-request")
    assert f"The body is not JSON that can be read: {message}" in answer.get_json()["detail"]


def test_a_packed_body_is_not_taken_for_a_broken_one(make: Make) -> None:
    client = make().test_client()
    packed = gzip.compress(json.dumps({"image": "x"}).encode())
    for kind in ("application/json", "image/png"):
        headers = {"Content-Encoding": "gzip", "Content-Type": kind}
        answer = client.post("/api/predict", data=packed, headers=headers)
        assert answer.status_code == 415
        assert "Content-Encoding: gzip; send it as it is" in answer.get_json()["detail"]
    assert (
        client.post("/api/predict", headers={"Content-Encoding": "identity"}, **PNG).status_code
        == 200
    )


@pytest.mark.parametrize(
    ("path", "field"),
    [("/api/predict", "image"), ("/invocations", "image"), ("/api/classify_image", "image_data")],
)
def test_two_pictures_where_one_is_looked_at(make: Make, path: str, field: str) -> None:
    """The second one must not be left out in silence."""
    form: dict[str, Any] = {
        field: [(io.BytesIO(make_picture(colour)), f"{colour}.png") for colour in ("red", "blue")]
    }
    answer = make().test_client().post(path, data=form)
    assert answer.status_code == 422
    assert f"2 pictures came in the field {field}" in answer.get_json()["detail"]
    assert "/api/predict/batch" in answer.get_json()["detail"]


IN_THE_ADDRESS = "The form field 'model' does nothing here; give it in the address: ?model="


@ONE_DATABASE
@pytest.mark.parametrize(
    ("path", "fields", "status", "message"),
    [
        ("/api/predict", {"model": "colours"}, 422, IN_THE_ADDRESS),
        (
            "/predict",
            {"top_k": "1"},
            422,
            "The form field 'top_k' does nothing here; give it in the address: ?top_k=",
        ),
        ("/invocations", {"model": "colours"}, 422, IN_THE_ADDRESS),
        ("/api/predict/batch", {"model": "colours"}, 422, IN_THE_ADDRESS),
        (
            "/api/predict",
            {"colour": "x"},
            422,
            "The form field 'colour' does nothing here; the only one is image.",
        ),
        (
            "/api/datasets/d/classes/a/pictures",
            {"model": "x"},
            422,
            "'model' does nothing here; the only one is",
        ),
        (
            "/api/predict/batch",
            {"image": data_url(make_picture())},
            422,
            "send each picture as a file.",
        ),
        ("/api/predict", {}, 200, ""),
        ("/api/predict/batch", {}, 200, ""),
    ],
)
def test_of_the_form(
    make: Make, path: str, fields: dict[str, str], status: int, message: str
) -> None:
    client = make(local_role="train").test_client()
    client.post("/api/datasets", json={"name": "d"})
    client.post("/api/datasets/d/classes", json={"name": "a"})
    pictures = [("image", (io.BytesIO(make_picture()), "a.png"))]
    form = MultiDict([*fields.items(), *pictures])
    answer = client.post(path, data=form, content_type="multipart/form-data")
    assert (answer.status_code, message in answer.get_json().get("detail", "")) == (
        status,
        True,
    ), answer.get_json()


def test_old_clients_may_send_any_fields_beside(make: Make) -> None:
    form = {"image_data": data_url(make_picture()), "model": "whatever"}
    assert make().test_client().post("/api/classify_image", data=form).status_code == 200


def test_gunicorn_believes_nobody_about_https(tmp_path: Path) -> None:
    """A client's X-Forwarded-Ssl against the proxy's X-Forwarded-Proto was refused with a page that
    is no problem.
    """
    TinyRegistry(tmp_path / "artifacts").add("colours", 1)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    given = {
        "STATE": tmp_path / "var",
        "ARTIFACTS": tmp_path / "artifacts",
        "BIND": f"127.0.0.1:{port}",
        "WORKERS": 1,
    }
    environment = {
        **os.environ,
        **{f"LIKENESS_{name}": str(value) for name, value in given.items()},
    }
    environment |= {
        "PYTHONPATH": str(ROOT),
        "LIKENESS_TRUSTED_PROXY": "127.0.0.1",
    }
    command = [
        sys.executable,
        "-m",
        "gunicorn",
        "-c",
        str(ROOT / "server" / "process" / "gunicorn_conf.py"),
        "tests.server.tiny_wsgi:app",
    ]
    running = subprocess.Popen(
        command, cwd=tmp_path, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
    )
    try:
        url, headers = (
            f"http://127.0.0.1:{port}/healthz",
            {"X-Forwarded-Proto": "http", "X-Forwarded-Ssl": "on"},
        )
        for _ in range(300):
            with contextlib.suppress(requests.ConnectionError):
                assert requests.get(url, headers=headers, timeout=10).json() == {"status": "ok"}
                return
            time.sleep(0.1)
        pytest.fail("gunicorn did not start")
    finally:
        running.terminate()
        running.communicate(timeout=20)
