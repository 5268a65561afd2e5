"""Forgetting a class that has no picture."""

from __future__ import annotations

from server.service import service_of
from tests.support.making import Make


def test_a_class_without_pictures_is_forgotten_and_told_so(make: Make) -> None:
    app = make(local_role="admin")
    client, folder = app.test_client(), service_of(app).settings.datasets
    client.post("/api/datasets", json={"name": "family"})
    client.post("/api/datasets/family/classes", json={"name": "anna"})
    answer = client.delete("/api/classes/anna")
    assert answer.status_code == 200
    removed = answer.get_json()["removed"]
    assert (removed["datasets"], removed["pictures"]) == (["family"], 0)
    assert not (folder / "family" / "anna").exists()
    assert client.delete("/api/classes/anna").status_code == 404
