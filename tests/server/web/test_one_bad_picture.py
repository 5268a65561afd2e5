"""One bad picture is never a 500, and takes nothing with it."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from data_cleaning.imaging import decoding
from server.service import service_of
from tests.support.making import ONE_DATABASE, KeyOf, Make, data_url, make_picture
from tests.support.slow_pictures import palette_png_without_palette

BAD = palette_png_without_palette()


def test_a_palette_png_without_a_palette_is_the_callers(make: Make) -> None:
    answer = make().test_client().post("/api/predict", data=BAD, content_type="image/png")
    assert (answer.status_code, answer.get_json()["code"]) == (400, "broken-picture")


def test_within_a_batch_and_an_upload_it_fails_alone(make: Make) -> None:
    client = make(local_role="admin").test_client()
    images = [{"image": data_url(data)} for data in (make_picture(), BAD, make_picture("blue"))]
    client.post("/api/datasets", json={"name": "d"})
    client.post("/api/datasets/d/classes", json={"name": "c"})
    for route in ("/api/predict/batch", "/api/datasets/d/classes/c/pictures"):
        answer = client.post(route, json={"images": images})
        assert answer.status_code == 200
        assert [entry["ok"] for entry in answer.get_json()["results"]] == [True, False, True]


@ONE_DATABASE
@pytest.mark.parametrize("error", [RuntimeError, MemoryError, IndexError, OSError])
def test_nor_does_an_error_that_nobody_foresaw(
    make: Make, monkeypatch: pytest.MonkeyPatch, error: type[Exception]
) -> None:
    app = make(local_role="admin")
    client = app.test_client()
    service_of(app).models.get()
    real: Callable[..., object] = decoding.decode

    def decode(data: bytes, *limits: object) -> object:
        if len(data) == len(BAD):
            raise error("from inside")
        return real(data, *limits)

    monkeypatch.setattr(decoding, "decode", decode)
    images = [{"image": data_url(data)} for data in (BAD, make_picture())]
    answer = client.post("/api/predict/batch", json={"images": images})
    assert answer.status_code == 200
    first, second = answer.get_json()["results"]
    assert first["problem"]["code"] == "internal"
    assert "from inside" not in first["problem"]["detail"]
    assert second["ok"]


def test_an_upload_too(make: Make, key_of: KeyOf, monkeypatch: pytest.MonkeyPatch) -> None:
    from server.datasets.managed_datasets import Datasets

    client = make(local_role="admin").test_client()
    client.post("/api/datasets", json={"name": "d"})
    client.post("/api/datasets/d/classes", json={"name": "c"})
    real = Datasets.add

    def add(self: Datasets, dataset: str, label: str, data: bytes, *rest: object) -> object:
        if data == BAD:
            raise RuntimeError("from inside")
        return real(self, dataset, label, data, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(Datasets, "add", add)
    images = [{"image": data_url(data)} for data in (BAD, make_picture())]
    answer = client.post("/api/datasets/d/classes/c/pictures", json={"images": images})
    assert answer.status_code == 200
    assert [entry["ok"] for entry in answer.get_json()["results"]] == [False, True]
