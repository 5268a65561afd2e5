"""`likeness doctor`: each thing that can be wrong is found, and has its remedy."""

from __future__ import annotations

import dataclasses
import json
import os
import shutil
import ssl
from pathlib import Path

import pytest
import trustme

from likeness.cli import likeness, run
from likeness.commands.doctor import LOOKS
from likeness.doctor import front, knowledge, machine
from likeness.doctor.findings import looked
from likeness.serving.nginx_site import Https, Site, gunicorn_at, limits, site_config
from server.settings import Settings
from server.storage.database import Store
from tests.support import sites


@pytest.fixture
def settings(tmp_path: Path, shapes_artifacts: Path) -> Settings:
    for name in ("state", "datasets"):
        (tmp_path / name).mkdir()
    return Settings(
        state=tmp_path / "state", datasets=tmp_path / "datasets", artifacts=shapes_artifacts
    )


def change(settings: Settings, **values: object) -> Settings:
    return dataclasses.replace(settings, **values)  # type: ignore[arg-type]


def test_a_healthy_service_gets_a_good_word(settings: Settings) -> None:
    Store(settings.database).migrate()
    for look in (knowledge.models, knowledge.database, machine.disk, machine.clock):
        assert look(settings).state != "bad", look(settings)
    assert knowledge.models(settings).seen == "1 answer: shapes"
    assert knowledge.database(settings).seen == "sqlite answers, and is whole"


def test_models_that_are_damaged_or_missing(settings: Settings, tmp_path: Path) -> None:
    assert knowledge.models(change(settings, artifacts=tmp_path)).state == "bad"
    shutil.copytree(settings.artifacts, tmp_path / "artifacts")
    file = tmp_path / "artifacts" / "shapes" / "1" / "classifier.skops"
    file.write_bytes(file.read_bytes()[:-1])
    found = knowledge.models(change(settings, artifacts=tmp_path / "artifacts"))
    assert (found.state, found.seen[:12]) == ("bad", "0 of 1 answe")
    assert "rollback" in found.todo


def test_a_damaged_database(settings: Settings) -> None:
    (settings.state / "likeness.db").write_bytes(b"SQLite format 3\0" + b"\1" * 5000)
    found = knowledge.database(settings)
    assert found.state == "bad" and "restore" in found.todo


def test_pretrained_files(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LIKENESS_WEIGHTS", str(tmp_path / "none"))
    found = knowledge.weights(settings)
    assert found.state == "doubtful"
    assert "sface (missing)" in found.seen and "face-modern" in found.seen
    assert found.todo == "likeness weights"


def test_too_many_processes_for_the_memory(settings: Settings) -> None:
    found = machine.memory(change(settings, workers=64, train_memory_mb=1 << 20))
    assert found.state == "doubtful" and "LIKENESS_TRAIN_MEMORY_MB=" in found.todo


def test_a_clock_that_is_behind_its_files(settings: Settings) -> None:
    (settings.state / "later").write_text("")
    os.utime(settings.state / "later", (4_000_000_000, 4_000_000_000))
    found = machine.clock(settings)
    assert found.state == "bad" and "timedatectl" in found.todo


def site(settings: Settings, path: Path, **more: object) -> Path:
    made = Site(ui=settings.ui, app=gunicorn_at(settings), **limits(settings))
    path.write_text(site_config(dataclasses.replace(made, **more)))  # type: ignore[arg-type]
    return path


def test_nginx_with_other_limits(settings: Settings, tmp_path: Path) -> None:
    path = site(settings, tmp_path / "site")
    assert front.nginx(settings, path).state == "good"
    found = front.nginx(change(settings, picture_bytes=50_000_000), path)
    assert (found.state, found.todo) == ("bad", "sudo likeness apply")
    path.write_text("server {}")
    assert front.nginx(settings, path).state == "doubtful"


@pytest.mark.parametrize(("ends", "state"), [("2030-01-01", "good"), ("2020-01-01", "bad")])
def test_a_certificate(settings: Settings, tmp_path: Path, ends: str, state: str) -> None:
    from datetime import datetime

    authority = trustme.CA()
    until = datetime.fromisoformat(ends)
    issued = authority.issue_cert("faces.test", not_before=datetime(2019, 1, 1), not_after=until)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    issued.configure_cert(context)
    with sites.running({}, context) as running:
        folder = Https.of(tmp_path)
        port = (f"127.0.0.1:{running.server_address[1]}",)
        path = site(settings, tmp_path / "site", https=folder, listen=port)
        found = front.certificate(settings, path)
    assert found.state == state and ends[:4] in found.seen


def test_no_https_and_no_service(settings: Settings, tmp_path: Path) -> None:
    plain = site(settings, tmp_path / "site")
    assert "--self-signed" in front.certificate(settings, plain).todo
    closed = change(settings, bind="127.0.0.1:1")
    assert "does not answer on 127.0.0.1:1" in front.service(closed).seen


def test_a_name_that_leads_nowhere(settings: Settings) -> None:
    found = front.name(change(settings, public_url="https://no.such.name.invalid"))
    assert found.state == "bad" and "A record" in found.todo
    with sites.running({"/healthz": sites.page(b"{}")}) as running:
        here = f"http://127.0.0.1:{running.server_address[1]}/"
        assert front.name(change(settings, public_url=here)).state == "good"
    alone = front.name(change(settings, public_url="https://localhost"))
    assert alone.state == "good" and "on this machine alone" in alone.seen


def test_a_look_that_fails_is_a_finding(settings: Settings) -> None:
    def fails(_: Settings) -> object:
        raise PermissionError(13, "not yours")

    found = looked("disk", fails, settings)  # type: ignore[arg-type]
    assert (found.about, found.state) == ("disk", "bad") and "not yours" in found.seen


def test_the_command_says_all_and_ends_with_1_where_something_is_bad(
    settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
) -> None:
    monkeypatch.setattr(os, "environ", dict(os.environ))
    for name in ("state", "datasets"):
        os.environ[f"LIKENESS_{name.upper()}"] = str(getattr(settings, name))
    os.environ["LIKENESS_ARTIFACTS"] = str(tmp_path / "none")
    assert run(likeness, "likeness", ["doctor", "--json"]) == 1
    rows = json.loads(capsys.readouterr().out)
    assert [row["about"] for row in rows] == list(LOOKS)
    assert {row["about"] for row in rows if row["state"] == "bad"} >= {"models"}
    assert all(row["todo"] for row in rows if row["state"] != "good")
    run(likeness, "likeness", ["doctor"])
    assert "BAD   models: there are none in" in capsys.readouterr().out
