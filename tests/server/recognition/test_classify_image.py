"""The tutorial's route: its contract, and the table of everything that can come instead of a
picture.
"""

from __future__ import annotations

import base64
import struct
import zlib

import pytest
from flask.testing import FlaskClient

from tests.support.making import ONE_DATABASE, data_url, make_picture


def test_contract(client: FlaskClient) -> None:
    answer = client.post("/api/classify_image", data={"image_data": data_url(make_picture("red"))})
    assert answer.status_code == 200
    (entry,) = answer.get_json()
    assert entry["class"] == "red"
    assert entry["class_dictionary"] == {"blue": 0, "green": 1, "red": 2}
    assert len(entry["class_probability"]) == 3
    assert entry["class_probability"].index(max(entry["class_probability"])) == 2
    assert sum(entry["class_probability"]) == pytest.approx(100, abs=0.02)
    assert entry["box"] == [0, 0, 64, 48]


@ONE_DATABASE
@pytest.mark.parametrize(
    ("form", "why"),
    [
        (lambda data: {"image_data": base64.b64encode(data).decode()}, "bare base64"),
        (lambda data: {"image_data": base64.b64encode(data).decode().rstrip("=")}, "no padding"),
        (lambda data: {"image_data": base64.encodebytes(data).decode()}, "line breaks"),
        (
            lambda data: {"image_data": base64.b64encode(data).decode().replace("+", " ")},
            "unescaped plus",
        ),
        (lambda data: {"image_data": data_url(data, "image/jpeg")}, "wrong kind in the data URL"),
        (lambda data: {"image_data": "data:;base64," + base64.b64encode(data).decode()}, "no kind"),
    ],
)
def test_ways_to_write_a_picture(client: FlaskClient, form, why: str) -> None:
    for seed in range(8):  # different bytes, so that + and padding of every length occur
        data = make_picture("blue", (40 + seed, 40))
        answer = client.post("/api/classify_image", data=form(data))
        assert answer.status_code == 200, (why, answer.get_json())
        assert answer.get_json()[0]["class"] == "blue"


def test_multipart_file_and_field(client: FlaskClient) -> None:
    import io

    data = make_picture("green")
    as_file = client.post("/api/classify_image", data={"image_data": (io.BytesIO(data), "x.png")})
    as_field = client.post(
        "/api/classify_image",
        data={"image_data": data_url(data)},
        content_type="multipart/form-data",
    )
    for answer in (as_file, as_field):
        assert answer.get_json()[0]["class"] == "green"
        assert answer.headers["X-Prediction-Id"] == answer.get_json()[0]["prediction_id"]


def test_nothing_and_strangers(client: FlaskClient) -> None:
    black = client.post("/api/classify_image", data={"image_data": data_url(make_picture("black"))})
    assert (black.status_code, black.get_json()) == (200, [])
    stranger = {"image_data": data_url(make_picture("white"))}
    assert client.post("/api/classify_image", data=stranger).get_json() == []
    (entry,) = client.post("/api/classify_image?unknown=1", data=stranger).get_json()
    assert entry["label"] is None
    assert entry["class"] in ("blue", "green", "red")


def png_header(width: int, height: int) -> bytes:
    """A PNG that claims a size and holds next to nothing."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return (
            struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
        )

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", head)
        + chunk(b"IDAT", zlib.compress(b"\0"))
        + chunk(b"IEND", b"")
    )


def jpeg_with_size(width: int, height: int) -> bytes:
    data = bytearray(make_picture("red", (64, 48), "JPEG"))
    at = data.index(b"\xff\xc0") + 5
    data[at : at + 4] = struct.pack(">HH", height, width)
    return bytes(data)


BAD = {
    "no field": ({}, 400, "missing-field", "image_data is missing"),
    "another field": ({"picture": "x"}, 400, "missing-field", "holds picture"),
    "empty": ({"image_data": ""}, 400, "empty-picture", "0 bytes"),
    "data URL without data": (
        {"image_data": "data:image/png;base64,"},
        400,
        "empty-picture",
        "0 bytes",
    ),
    "data URL that is not base64": (
        {"image_data": "data:text/plain,hello"},
        400,
        "not-base64",
        "not base64",
    ),
    "not base64": ({"image_data": "!!! no picture !!!"}, 400, "not-base64", "not base64"),
    "not ASCII": ({"image_data": "bild: schön"}, 400, "not-base64", "not base64"),
    "one letter": ({"image_data": "a"}, 400, "not-base64", "not base64"),
    "text as PNG": (
        {"image_data": data_url(b"I am a text")},
        415,
        "not-a-picture",
        "Send a JPEG, PNG",
    ),
    "truncated JPEG": (
        {"image_data": data_url(make_picture("red", (400, 300), "JPEG")[:700])},
        400,
        "broken-picture",
        "Send the whole file",
    ),
    "0 x 0 PNG": ({"image_data": data_url(png_header(0, 0))}, None, None, ""),
    "0 x 0 JPEG": ({"image_data": data_url(jpeg_with_size(0, 0))}, None, None, ""),
    "1 x 1": (
        {"image_data": data_url(make_picture("red", (1, 1)))},
        400,
        "picture-too-small",
        "at least 8 pixels",
    ),
    "50 megapixels": (
        {"image_data": data_url(png_header(10000, 5000))},
        413,
        "picture-too-large",
        "4,000,000",
    ),
    "too many bytes": (
        {"image_data": data_url(b"\x89PNG" + bytes(2_000_001))},
        413,
        "picture-too-large",
        "2,000,000",
    ),
    "far too many bytes": ({"image_data": "A" * 4_000_000}, 413, "body-too-large", "2,000,000"),
    "unknown model": ({"image_data": data_url(make_picture())}, 404, "model-missing", "colours"),
}
BROKEN = {
    "1 x 1": {"picture_side": 8},
    "50 megapixels": {"picture_pixels": 4_000_000},
    "too many bytes": {"picture_bytes": 2_000_000},
    "far too many bytes": {
        "body_bytes": 2_918_869
    },  # what 2,000,000 bytes may take as escaped base64
}


@ONE_DATABASE
@pytest.mark.parametrize("name", BAD)
def test_bad_input_is_told_and_the_next_request_answered(client: FlaskClient, name: str) -> None:
    form, status, code, message = BAD[name]
    answer = client.post(
        "/api/classify_image" + ("?model=nobody" if name == "unknown model" else ""), data=form
    )
    body = answer.get_json()
    assert answer.mimetype == "application/problem+json", answer.data
    assert 400 <= answer.status_code < 500
    if status:
        assert (answer.status_code, body["code"], body.get("limits")) == (
            status,
            code,
            BROKEN.get(name),
        )
    assert message in body["detail"]
    assert body["type"].endswith(body["code"])
    assert body["status"] == answer.status_code
    good = client.post("/api/classify_image", data={"image_data": data_url(make_picture())})
    assert good.status_code == 200


@ONE_DATABASE
@pytest.mark.parametrize(
    ("method", "body", "kind", "status"),
    [
        ("GET", b"", None, 405),
        ("PUT", b"", None, 405),
        ("POST", b"", None, 400),
        ("POST", b"{}", "application/json", 400),
        ("POST", b"\x00\xff", "multipart/form-data; boundary=x", 400),
        ("POST", b"\x00\xff", "multipart/form-data", 400),
        ("POST", b"image_data=%ff%fe", "application/x-www-form-urlencoded", 400),
    ],
)
def test_other_requests(
    client: FlaskClient, method: str, body: bytes, kind: str | None, status: int
) -> None:
    answer = client.open("/api/classify_image", method=method, data=body, content_type=kind)
    assert answer.status_code == status
    assert answer.mimetype == "application/problem+json"
    if status == 405:
        assert "POST" in answer.headers["Allow"]
        assert "POST" in answer.get_json()["detail"]


def test_a_limit_counts_pixels_and_not_the_length_of_base64(client: FlaskClient) -> None:
    """A picture of exactly the allowed bytes passes,
    though its base64 in a form is a third longer.
    """
    data = make_picture("red")
    padded = data + bytes(2_000_000 - len(data))
    answer = client.post("/api/classify_image", data={"image_data": data_url(padded)})
    assert answer.status_code == 200
