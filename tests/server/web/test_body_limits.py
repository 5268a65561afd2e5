"""What a body may cost before anybody has shown a key: bytes, keys, time and memory."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests
from flask.testing import FlaskClient

from server.app import create_app
from server.settings import Settings
from tests.support.making import Make, data_url, make_picture
from tests.support.serving import Running, running
from tests.support.tiny_models import TinyRegistry

MOST_SECONDS = 1.0  # of processor
MOST_MEMORY = 50 * 1024 * 1024
STRANGER = {"X-Forwarded-For": "203.0.113.9"}
KEYS = 900_000
JSON = {"Content-Type": "application/json"}
FORM = {"Content-Type": "application/x-www-form-urlencoded"}
PARTS = {"Content-Type": "multipart/form-data; boundary=x"}


def many_keys(count: int) -> bytes:
    return b"{" + b",".join(b'"k%d":1' % number for number in range(count)) + b"}"


def many_parts(count: int) -> bytes:
    part = b'--x\r\nContent-Disposition: form-data; name="image"\r\n\r\nabc\r\n'
    return part * count + b"--x--\r\n"


BODIES = {
    "900,000 keys": (JSON, many_keys(KEYS)),
    "nested": (JSON, b"[" * 5_000_000),
    "list of numbers": (JSON, b"[" + b"1," * 5_000_000 + b"1]"),
    "one long text": (JSON, b'"' + b"a" * 15_000_000 + b'"'),
    "long text, wide": (JSON, b'"' + b"a" * 15_000_000 + "\U0001f600".encode() + b'"'),
    "a form of fields": (FORM, b"&".join(b"k%d=1" % number for number in range(KEYS))),
    "a form of parts": (PARTS, many_parts(100_000)),
    "raw": ({"Content-Type": "image/jpeg"}, bytes(15_000_000)),
}


def routes() -> list[tuple[str, str]]:
    """(method, address) of every route of the document, its parts filled in."""
    nowhere = Path("/nonexistent")
    document = create_app(Settings(state=nowhere), TinyRegistry(nowhere)).api_doc
    return [
        (method.upper(), re.sub(r"\{\w+\}", "1", path))
        for path, item in document["paths"].items()
        for method in item
    ]


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    folder = tmp_path_factory.mktemp("limits")
    TinyRegistry(folder / "artifacts").add("colours", 1)
    with running(folder, workers=1, recycle=0, log_level="error") as service:
        yield service


def processor(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / 100


def resident(pid: int, name: str) -> int:
    found = re.search(rf"{name}:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text())
    assert found
    return int(found[1]) * 1024


def forget_peak(pid: int) -> None:
    Path(f"/proc/{pid}/clear_refs").write_text("5")


@pytest.mark.parametrize("body", BODIES)
def test_no_request_without_a_key_costs_much(service: Running, body: str) -> None:
    """Every route of the document, with a body made to hurt, from somebody who shows no key."""
    headers, data = BODIES[body]
    (worker,) = service.workers()
    costly, most = [], (0.0, 0)
    for method, path in routes():
        forget_peak(worker)
        before, memory = processor(worker), resident(worker, "VmRSS")
        answer = requests.request(
            method,
            service.url + path,
            data=data,
            headers={**headers, **STRANGER},
            timeout=30,
            stream=True,
        )
        length = len(answer.raw.read(200_000)) if not path.endswith("events") else 0
        seconds = processor(worker) - before
        grown = resident(worker, "VmHWM") - memory
        most = max(most[0], seconds), max(most[1], grown)
        assert answer.status_code < 500, (method, path)
        if seconds > MOST_SECONDS or grown > MOST_MEMORY or length > 20_000:
            costly.append((method, path, answer.status_code, seconds, grown >> 20, length))
    print(f"{len(routes())} routes: {most[0]:.2f} s and {most[1] / 2**20:.1f} MB at most")
    assert costly == []


def test_json_without_a_picture_has_64_kilobytes_at_most(client: FlaskClient) -> None:
    for length, status in ((64 * 1024 + 1, 413), (64 * 1024, 422)):
        data = b'{"key": "' + b"a" * (length - 11) + b'"}'
        answer = client.post("/api/session", data=data, headers=JSON)
        assert (len(data), answer.status_code) == (length, status)
        if status == 413:
            assert answer.get_json()["limits"] == {"body_bytes": 65536}
            assert "JSON without a picture may have 65,536 bytes" in answer.get_json()["detail"]


def test_the_limit_holds_where_the_length_is_not_said(service: Running) -> None:
    pieces = (b" " * 8192 for _ in range(20))
    answer = requests.post(f"{service.url}/api/session", data=pieces, headers=JSON, timeout=10)
    assert answer.status_code in (400, 413), answer.text  # 400: it is cut off where the limit is


def test_every_json_route_without_a_picture_has_it(make: Make) -> None:
    app = make(local_role="admin")
    seen = []
    for path, item in app.api_doc["paths"].items():  # type: ignore[attr-defined]
        for method, operation in item.items():
            content = operation.get("requestBody", {}).get("content", {})
            if list(content) == ["application/json"]:
                address = path.replace("{sha256}", "0" * 64).replace("{id}", "0" * 32)
                address = re.sub(r"\{\w+\}", "1", address)
                answer = app.test_client().open(
                    address, method=method.upper(), data=many_keys(20_000), headers=JSON
                )
                seen.append((path, answer.status_code))
    assert len(seen) >= 7
    assert [path for path, status in seen if status != 413] == []


def test_no_more_than_20_errors_are_told(client: FlaskClient) -> None:
    answer = client.post("/api/session", data=many_keys(2000), headers=JSON)
    body = answer.get_json()
    assert answer.status_code == 422
    assert len(body["errors"]) == 20
    assert "2,001 such things are wrong" in body["detail"]
    long_name = json.dumps({"k" * 60_000: 1})
    assert len(client.post("/api/session", data=long_name, headers=JSON).data) < 3000


def test_keys_are_counted_before_anything_is_validated(client: FlaskClient) -> None:
    begun = time.process_time()
    answer = client.post("/api/predict", data=many_keys(100_000), headers=JSON)
    assert answer.status_code == 413, answer.text
    assert answer.get_json()["limits"] == {"json_parts": 10_000}
    assert time.process_time() - begun < 0.5


def test_pictures_in_json_are_as_large_as_ever(client: FlaskClient) -> None:
    picture = make_picture(size=(600, 400), kind="BMP")
    one = client.post("/api/predict", json={"image": data_url(picture)})
    batch = client.post("/api/predict/batch", json={"images": [{"image": data_url(picture)}] * 30})
    assert (one.status_code, batch.status_code) == (200, 200)
    assert len(picture) > 500_000
