"""Health says what is wrong, and answers go on as far as they can."""

from __future__ import annotations

import resource
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from data_cleaning import pretrained
from data_cleaning.errors import WeightsBroken
from data_cleaning.files import sha256_of_bytes
from model.recipes.presets import RECIPES
from model.recognition.bundle import Bundle
from server.errors import StoreDamaged
from server.operations import disk
from server.service import service_of
from server.settings import Settings
from tests.support.making import Make, ask
from tests.support.paths import ROOT
from tests.support.tiny_models import Bundle as TinyBundle
from tests.support.tiny_models import TinyRegistry


def problems(client: FlaskClient) -> list[str]:
    body = client.get("/health").get_json()
    assert (body["status"] == "ok") == (body["problems"] == [])
    return list(body["problems"])


def test_all_is_well(client: FlaskClient) -> None:
    assert problems(client) == []


def test_weights_that_are_damaged_at_run_time(
    client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every answer would fail: it is not ready, and says which file is meant."""

    def broken(bundle: TinyBundle) -> None:
        raise WeightsBroken("yunet.onnx is damaged; get it with: likeness weights")

    monkeypatch.setattr(TinyBundle, "check_weights", broken)
    assert "A pretrained file of colours is gone or damaged" in problems(client)[0]
    answer = client.get("/readyz")
    assert (answer.status_code, "yunet.onnx" in answer.get_json()["detail"]) == (503, True)


def test_a_bundle_looks_at_its_weights(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    recipe = RECIPES["face-modern"]
    monkeypatch.setenv("LIKENESS_WEIGHTS", str(tmp_path))
    for name in recipe.weights():
        file = replace(pretrained.PRETRAINED[name], sha256=sha256_of_bytes(b"good"))
        monkeypatch.setitem(pretrained.PRETRAINED, name, file)
        (tmp_path / file.filename).write_bytes(b"good")
    bundle = Bundle("m", 1, recipe, None, None)  # type: ignore[arg-type]
    bundle.check_weights()
    (tmp_path / pretrained.PRETRAINED[recipe.weights()[0]].filename).write_bytes(b"bad")
    with pytest.raises(WeightsBroken):
        bundle.check_weights()


def test_a_new_version_that_is_refused(client: FlaskClient, registry: TinyRegistry) -> None:
    """The old one goes on answering, and it is said."""
    registry.add("colours", 2, ("broken",))
    (registry.root / "colours" / "active").write_text("2")
    service_of(client.application).models.catch_up()
    assert problems(client) == [
        "The active version of colours cannot be loaded. The one before goes on, if there was one."
    ]
    assert client.get("/readyz").get_json()["version"] == 1
    assert ask(client)["model"]["version"] == 1


@pytest.fixture
def no_room() -> Iterator[None]:
    """No file may be longer than 500 bytes."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (500, before[1]))
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_a_full_disk(client: FlaskClient, no_room: None) -> None:
    assert "Nothing can be stored" in problems(client)[0]
    assert ask(client)["label"] == "red"
    assert client.get("/readyz").status_code == 200


def test_a_disk_with_room_again(
    client: FlaskClient, monkeypatch: pytest.MonkeyPatch, settings: Settings
) -> None:
    monkeypatch.setattr(disk, "LASTS", 0.0)
    monkeypatch.setattr(disk, "SIZE", 1 << 40)
    monkeypatch.setattr(disk, "_attempt", lambda path: False)
    assert problems(client)
    monkeypatch.undo()
    monkeypatch.setattr(disk, "LASTS", 0.0)
    assert problems(client) == []
    assert not list(settings.state.glob(".*.part"))


FULL = """
import sys, dataclasses; sys.path.insert(0, sys.argv[1])
from pathlib import Path
from server.settings import Settings
from server.service import service_of
from tests.support.making import Make, ask
from tests.support.started import started_idle
from tests.support.tiny_models import TinyRegistry
state = Path(sys.argv[2])
registry = TinyRegistry(state.parent / "models"); registry.add("colours", 1)
app = started_idle(Settings(state=state, local_role="admin"), registry)
client, service = app.test_client(), service_of(app)
first = ask(client)["prediction_id"]
service.keeper.settle()
filler = (state / "filler").open("wb", 0)
try:
    while True: filler.write(b"x" * 4096)
except OSError: pass
filler.close()
made = client.post("/api/keys", json={"name": "x", "role": "predict"})
answer = ask(client)
print(made.status_code, made.get_json()["detail"])
print(answer["label"], answer["prediction_id"], client.get("/health").get_json()["problems"])
(state / "filler").unlink()
service.keeper.settle()
second = ask(client)["prediction_id"]
service.keeper.settle()
print(all(service.history.find(each) for each in (first, second)))
print(client.post("/api/keys", json={"name": "x", "role": "predict"}).status_code)
"""


def test_a_disk_that_really_is_full(tmp_path: Path) -> None:
    """A small file system of its own: what was stored is there, answers go on, and it is said."""
    folder = tmp_path / "small"
    folder.mkdir()
    enter = ["unshare", "-m", "sh", "-c", 'mount -t tmpfs -o size=3m x "$0" && exec "$@"']
    if not shutil.which("unshare") or subprocess.run([*enter, str(folder), "true"]).returncode:
        pytest.skip("no file system can be mounted here")
    command = [*enter, str(folder), sys.executable, "-c", FULL, str(ROOT), str(folder / "var")]
    (folder / "var").mkdir()
    ended = subprocess.run(command, capture_output=True, text=True, check=False, timeout=100)
    assert ended.returncode == 0, ended.stderr[-3000:]
    made, answered, there, again = ended.stdout.splitlines()[-4:]
    assert made.startswith(("503 The disk of the database is full", "507"))
    assert answered.startswith("red ")
    assert "Nothing can be stored" in answered
    assert (there, again) == ("True", "201")


def test_a_database_that_is_damaged_while_it_runs(make: Make) -> None:
    """Answers go on; what is asked of the database says why it cannot be had."""
    app = make(local_role="admin")
    service, client = service_of(app), app.test_client()
    if service.settings.database_url:
        pytest.skip("SQLite's file")
    service.store.close()
    file = service.settings.state / "likeness.db"
    for name in ("likeness.db-wal", "likeness.db-shm"):
        (service.settings.state / name).unlink(missing_ok=True)
    file.write_bytes(b"\0" * 20000)
    with pytest.raises(StoreDamaged):
        service.store.ping()
    assert ask(client)["label"] == "red"
    (found,) = problems(client)
    assert "The database is damaged" in found
    assert client.get("/health").get_json()["database"] is False
    answer = client.get("/api/keys")
    assert (answer.status_code, "is damaged" in answer.get_json()["detail"]) == (503, True)
