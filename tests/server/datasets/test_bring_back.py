"""A deleted picture, brought back."""

from __future__ import annotations

from pathlib import Path

from server.datasets.managed_datasets import Datasets
from server.service import service_of
from tests.support.making import Make, make_picture


def test_a_deleted_picture_comes_back_as_it_was(make: Make) -> None:
    app = make(local_role="admin")
    client, service = app.test_client(), service_of(app)
    made = Datasets(service.settings.datasets)
    made.create("family")
    made.create_class("family", "anna")
    file = made.add("family", "anna", make_picture("red"), service.limits).file
    place = "/api/datasets/family/classes/anna/pictures"
    before = (service.settings.datasets / "family" / "anna" / file).read_bytes()
    assert client.delete(f"{place}/{file}").get_json() == {"pictures": []}
    assert client.get("/api/datasets/family").get_json()["pictures"] == 0
    assert client.post(f"{place}/{file}/restore").get_json() == {"pictures": [file]}
    assert (service.settings.datasets / "family" / "anna" / file).read_bytes() == before
    assert client.post(f"{place}/{file}/restore").status_code == 404


def test_who_is_forgotten_does_not_come_back(make: Make, tmp_path: Path) -> None:
    app = make(local_role="admin")
    client, service = app.test_client(), service_of(app)
    made = Datasets(service.settings.datasets)
    made.create("family")
    made.create_class("family", "anna")
    file = made.add("family", "anna", make_picture("red"), service.limits).file
    client.delete(f"/api/datasets/family/classes/anna/pictures/{file}")
    assert client.delete("/api/classes/anna").status_code == 200
    assert [path for path in service.settings.datasets.rglob("*") if path.is_file()] == []
