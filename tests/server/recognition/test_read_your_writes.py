"""What was promoted in one process is what the next question is told, whichever process answers."""

from __future__ import annotations

from tests.support.making import Make
from tests.support.tiny_models import TinyRegistry


def test_another_process_shows_the_version_that_was_promoted(
    make: Make, registry: TinyRegistry
) -> None:
    registry.add("colours", 2)
    registry.promote("colours", 1)
    one, other = (make(local_role="admin").test_client() for _ in range(2))
    for client in (one, other):
        assert client.get("/api/models/colours").get_json()["version"] == 1
    for version in (2, 1, 2):
        one.post("/api/models/colours/promote", json={"version": version})
        assert other.get("/api/models/colours").get_json()["version"] == version
        assert other.get("/api/models").get_json()["models"][0]["version"] == version
    assert one.post("/api/models/colours/rollback").get_json()["version"] == 1
    assert other.get("/api/models").get_json()["models"][0]["version"] == 1


def test_versions_with_a_report_are_listed(make: Make, registry: TinyRegistry) -> None:
    registry.add("colours", 2)
    client = make(local_role="admin").test_client()
    assert client.get("/api/models/colours").get_json()["reports"] == [1, 2]
    (registry.path("colours", 2) / "report.html").unlink()
    assert client.get("/api/models/colours").get_json()["reports"] == [1]
