"""What servers of one database agree on: who is silent, who is forgotten, who works."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import delete, update

from server.cluster import leases, membership
from server.cluster.leases import Lease
from server.cluster.shared_rules import EPOCH
from server.history.kept_pictures import KeptPictures
from server.service import service_of
from server.storage.database import Store
from server.storage.tables import erased_names, shared_values
from tests.server.records import sample
from tests.server.training.long_work import WORK, add, runner
from tests.support.making import make_picture

Servers = Callable[[str], Flask]
RED = make_picture("red")


def ask(client: FlaskClient) -> tuple[int, str]:
    answer = client.post("/api/predict", data=RED, content_type="image/png")
    return answer.status_code, answer.get_data(as_text=True)


def test_a_forget_is_confirmed_when_the_other_server_obeys(servers: Servers) -> None:
    here, there = servers("a"), servers("b")
    assert '"red"' in ask(there.test_client())[1]  # and its answer waits in the journal of b
    done: list[int] = []
    forget = threading.Thread(
        target=lambda: done.append(
            here.test_client().delete("/api/classes/red", json=None).status_code
        )
    )
    forget.start()
    for _ in range(3):  # nobody is told that it is done while b has not heard of it
        forget.join(0.3)
        assert not done
    while forget.is_alive():  # what the thread of a running server does
        service_of(there).membership.beat()
        forget.join(0.05)
    assert done == [200]
    assert '"red"' not in ask(there.test_client())[1]
    assert '"red"' not in ask(here.test_client())[1]
    for app in (here, there):
        service_of(app).journal.drain()
        assert '"red"' not in app.test_client().get("/api/predictions").get_data(as_text=True)


def test_an_answer_on_its_way_to_the_database_is_left_out(servers: Servers) -> None:
    """Between naming somebody and logging it, they may be forgotten."""
    service = service_of(servers("a"))
    service.models.hide("colours", 1, "red")
    named, other = sample(), sample()
    named |= {"model": "colours", "label": "red"}
    service.journal.insert([named, other])
    assert service.history.find(str(named["id"])) is None
    assert service.history.find(str(other["id"])) is not None


def test_a_server_that_has_lost_the_database_answers_nobody(
    servers: Servers, monkeypatch: pytest.MonkeyPatch
) -> None:
    here, there = servers("a"), servers("b")
    service_of(here).membership._reach("a", None)  # it hears of b
    monkeypatch.setattr(membership, "LEASE", -1.0)
    status, text = ask(here.test_client())
    assert status == 502 and "cut-off" in text
    monkeypatch.undo()
    assert ask(here.test_client())[0] == 200
    assert ask(there.test_client())[0] == 200


def test_a_server_that_is_alone_answers_without_the_database(
    servers: Servers, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = servers("a")
    monkeypatch.setattr(membership, "LEASE", -1.0)
    assert ask(app.test_client())[0] == 200


def test_nobody_waits_for_a_server_that_has_left_or_is_silent(
    servers: Servers, monkeypatch: pytest.MonkeyPatch
) -> None:
    here, there = servers("a"), servers("b")
    service_of(there).membership.leave()
    assert here.test_client().delete("/api/classes/red").status_code == 200
    servers("c")  # and dies
    monkeypatch.setattr(membership, "LEASE", -membership.MARGIN)
    service_of(here).membership.wait_for_all()


def test_rules_outlive_an_upgrade_and_a_database_that_was_put_back(servers: Servers) -> None:
    """A server that has rules of its own, and a database that does not know them."""
    first = service_of(servers("a"))
    first.models.hide("colours", 1, "red")
    first.membership.wait_for_all()
    with first.store.write() as connection:  # as it was before the forgetting
        connection.execute(delete(erased_names))
        connection.execute(
            update(shared_values).where(shared_values.c.name == EPOCH).values(value="0")
        )
    assert first.membership.rules.read() == (0, set())
    again = service_of(servers("a"))
    assert len(again.models.erased.rules()) == 1
    assert len(again.membership.rules.read()[1]) == 1
    again.membership._file.unlink()  # of a version that knew no other servers
    with again.store.write() as connection:
        connection.execute(delete(erased_names))
    assert len(service_of(servers("a")).models.erased.rules()) == 1


def test_the_page_is_signed_in_at_every_server(servers: Servers) -> None:
    here, there = servers("a"), servers("b")
    assert here.secret_key == there.secret_key
    key, _ = service_of(here).keys.create("me", "admin")
    client = here.test_client()
    client.post("/api/session", json={"key": key})
    cookie = client.get_cookie("likeness_session")
    assert cookie is not None
    other = there.test_client()
    other.set_cookie("likeness_session", cookie.value)
    assert other.get("/api/session").get_json()["role"] == "admin"


def test_a_kept_picture_goes_with_its_answer(tmp_path: Path) -> None:
    kept = KeptPictures(tmp_path, days=1)
    logged, gone = "1" * 32, "0" * 32
    for identity in (logged, gone):
        kept.keep(identity, RED)
    assert kept.remove_orphans(lambda ids: set()) == 0  # its answer may wait in a journal
    for identity in (logged, gone):
        os.utime(kept.path(identity), (0, 0))
    assert kept.remove_orphans(lambda ids: {logged} & set(ids)) == 1
    assert kept.read(logged) is not None and kept.read(gone) is None


def test_one_server_at_a_time_works_and_another_takes_over(
    servers: Servers, monkeypatch: pytest.MonkeyPatch
) -> None:
    here, there = service_of(servers("a")).jobs, service_of(servers("b")).jobs
    job = add(here)
    assert here.lease.take()  # its runner begins
    assert here.take() is not None
    assert not there.lease.is_free() and runner(there, WORK).work() == 0
    monkeypatch.setattr(leases, "GRACE", 0.0)
    monkeypatch.setattr(leases, "LASTS", -1.0)  # and dies
    assert there.lease.is_free()
    assert runner(there, WORK).work() == 1
    row = there.get(job)
    assert (row.state, row.attempts) == ("done", 2)


def test_who_has_lost_the_lease_writes_nothing_down(
    servers: Servers, monkeypatch: pytest.MonkeyPatch
) -> None:
    here, there = service_of(servers("a")).jobs, service_of(servers("b")).jobs
    job = add(here)
    late = runner(here, WORK)

    def taken_over_meanwhile(*_: object) -> list[str]:
        monkeypatch.setattr(leases, "GRACE", 0.0)
        monkeypatch.setattr(leases, "LASTS", -1.0)
        assert there.lease.take()
        there.recover()
        return runner(here, WORK).command(there.get(job), here.settings)

    late.command = taken_over_meanwhile
    late.work()
    row = there.get(job)
    assert (row.state, row.result) == ("queued", None)
    assert here.lease.lost


@pytest.mark.parametrize("name", ["runner", "forgetting"])
def test_a_lease_is_let_go_of(postgres: str, tmp_path: Path, name: str) -> None:
    store = Store(postgres)
    store.migrate()
    first, second = (Lease(store, name, tmp_path / folder) for folder in "ab")
    with first.held() as ours:
        assert ours and not second.is_free() and not second.take()
        with Lease(store, name, tmp_path / "a").held() as again:
            assert again  # of this server: what it holds was left by one that was killed
    assert second.take()
    store.close()
