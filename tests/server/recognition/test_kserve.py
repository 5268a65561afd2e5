"""The Open Inference Protocol, version 2: its six calls, both ways of a tensor, its refusals."""

from __future__ import annotations

import base64
import json
import struct
from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient

from tests.support.making import ONE_DATABASE, Make, make_picture
from tests.support.tiny_models import TinyRegistry

RED, BLUE, GREY = make_picture("red"), make_picture("blue"), make_picture("grey")
INFER = "/v2/models/colours/infer"


def request_of(*pictures: bytes, **changes: Any) -> dict[str, Any]:
    data = [base64.b64encode(picture).decode() for picture in pictures]
    given = {"name": "image", "datatype": "BYTES", "shape": [len(data)], "data": data}
    return {"id": "42", "inputs": [{**given, **changes}]}


def outputs(answer: Any) -> dict[str, list[Any]]:
    return {output["name"]: output["data"] for output in answer.get_json()["outputs"]}


def test_server_and_model_say_what_they_are(client: FlaskClient) -> None:
    assert client.get("/v2").get_json()["name"] == "likeness"
    assert client.get("/v2/health/live").get_json() == {"live": True}
    assert client.get("/v2/health/ready").get_json() == {"ready": True}
    metadata = client.get("/v2/models/colours").get_json()
    assert metadata == client.get("/v2/models/colours/versions/1").get_json()
    assert (metadata["name"], metadata["versions"]) == ("colours", ["1"])
    assert metadata["inputs"] == [{"name": "image", "datatype": "BYTES", "shape": [-1]}]
    for path in ("/v2/models/colours/ready", "/v2/models/colours/versions/1/ready"):
        assert client.get(path).get_json() == {"name": "colours", "ready": True}


def test_pictures_as_base64(client: FlaskClient) -> None:
    answer = client.post(INFER, json=request_of(RED, GREY, BLUE))
    said = answer.get_json()
    assert (said["model_name"], said["model_version"], said["id"]) == ("colours", "1", "42")
    found = outputs(answer)
    assert found["label"] == ["red", "", "blue"] and found["score"][1] == 0
    assert json.loads(found["answer"][0])["regions"][0]["label"] == "red"
    assert [output["shape"] for output in said["outputs"]] == [[3], [3], [3]]
    nested = request_of(RED, shape=[1, 1], data=[[base64.b64encode(RED).decode()]])
    chosen = client.post(
        "/v2/models/colours/versions/1/infer", json={**nested, "outputs": [{"name": "label"}]}
    )
    assert outputs(chosen) == {"label": ["red"]}


def test_pictures_as_a_raw_tensor(client: FlaskClient) -> None:
    raw = b"".join(struct.pack("<I", len(one)) + one for one in (RED, BLUE))
    wanted = request_of(shape=[2], parameters={"binary_data_size": len(raw)}, data=None)
    text = json.dumps(wanted).encode()
    answer = client.post(
        INFER,
        data=text + raw,
        content_type="application/octet-stream",
        headers={"Inference-Header-Content-Length": str(len(text))},
    )
    assert outputs(answer)["label"] == ["red", "blue"]
    for length in (len(text) + len(raw) + 1, "x", len(text) - 1):
        broken = client.post(
            INFER,
            data=text + raw,
            content_type="application/octet-stream",
            headers={"Inference-Header-Content-Length": str(length)},
        )
        assert broken.status_code == 400 and set(broken.get_json()) == {"error"}


@ONE_DATABASE
@pytest.mark.parametrize(
    ("wanted", "status", "said"),
    [
        (request_of(RED, name="input0"), 400, "image"),
        (request_of(RED, datatype="FP32"), 400, "BYTES"),
        (request_of(RED, shape=[2]), 400, "2 elements; 1 came"),
        (request_of(RED, shape=[]), 400, "shape"),
        (request_of(*[RED] * 40), 413, "at most 32"),
        (request_of(RED, data=[7]), 400, "base64"),
        (request_of(RED, data=["%%%%"]), 400, "base64"),
        (request_of(b"no picture"), 415, "picture"),
        ({"inputs": []}, 400, "image"),
        ({"id": 1}, 400, "inputs is missing"),
        ({**request_of(RED), "outputs": [{"name": "box"}]}, 400, "label, score, answer"),
    ],
)
def test_refusals(client: FlaskClient, wanted: dict[str, Any], status: int, said: str) -> None:
    answer = client.post(INFER, json=wanted)
    assert answer.status_code == status, answer.get_json()
    assert list(answer.get_json()) == ["error"] and said in answer.get_json()["error"]


def test_what_is_not_there_and_who_may_not(
    client: FlaskClient, make: Make, registry: TinyRegistry, key_of: Callable[[str], dict[str, str]]
) -> None:
    for path in ("/v2/models/none", "/v2/models/colours/versions/7", "/v2/models/none/ready"):
        answer = client.get(path)
        assert answer.status_code == 404 and list(answer.get_json()) == ["error"]
    stranger = {"environ_base": {"REMOTE_ADDR": "203.0.113.7"}}
    refused = client.post(INFER, json=request_of(RED), **stranger)
    assert refused.status_code == 401 and list(refused.get_json()) == ["error"]
    assert client.get("/v2/health/live", **stranger).status_code == 200
    allowed = client.post(INFER, json=request_of(RED), headers=key_of("predict"), **stranger)
    assert allowed.status_code == 200
    assert client.post(INFER, data=RED, content_type="image/png").status_code == 415
    registry.discard("colours")
    empty = make().test_client()
    assert empty.get("/v2/health/ready").status_code == 503
