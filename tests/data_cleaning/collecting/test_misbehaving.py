"""Collecting from a server that does all that servers do wrong, killed and resumed.

LIKENESS_TEST_COLLECT_KILLS says how often (3 by default).
"""

from __future__ import annotations

import collections
import itertools
import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from data_cleaning.datasets.delete_class import SOURCES
from data_cleaning.files import sha256_of_bytes
from tests.data_cleaning.commands import run
from tests.support.paths import ROOT
from tests.support.providers import picture
from tests.support.sites import (
    Page,
    Site,
    drip,
    one_after_the_other,
    page,
    redirect,
    running,
    status,
)

KILLS = int(os.environ.get("LIKENESS_TEST_COLLECT_KILLS", "3"))
GOOD = 12  # and with those that come after some trouble:
INTERVAL = 0.05
BYTES = 100_000


def png(number: int) -> Page:
    return page(picture(number), kind="image/png")


def pages() -> dict[str, Page]:
    """The trouble lies between the good ones, so that kills hit everything."""
    trouble: dict[str, Page] = {
        "/missing.png": status(404),
        "/wakes-up.png": one_after_the_other(status(500), png(100)),
        "/busy.png": one_after_the_other(status(429, Retry_After="1"), png(101)),
        "/loop.png": redirect("/loop.png"),
        "/html.png": page(b"<html><body>Not here", kind="text/html"),
        "/video.png": page(bytes(100), kind="video/mp4"),
        "/text.png": page(b"no picture at all", kind="image/png"),
        "/cut.png": page(picture(102)[:500], 900, "image/png"),
        "/damaged.png": page(picture(102)[:-900], kind="image/png"),
        "/5GB.png": page(b"", 5 * 1024**3, "image/png"),
        "/endless.png": page(bytes(BYTES + 1), kind="image/png"),
        "/drip.png": drip,
        "/copy.png": png(0),
        "/moved.png": redirect("/0.png"),
        "/private/secret.png": png(103),
        "/robots.txt": page(b"User-agent: *\nDisallow: /private\n"),
    }
    return {f"/{n}.png": png(n) for n in range(GOOD)} | trouble


WANTED = {sha256_of_bytes(picture(n)) for n in (*range(GOOD), 100, 101)}
RESULTS = {
    "failed": {"missing", "loop", "html", "video", "cut", "drip", "secret"},
    "unreadable": {"text", "damaged"},
    "too_large": {"5GB", "endless"},
}


@pytest.fixture
def site() -> Iterator[Site]:
    with running(pages()) as server:
        yield server


def words(site: Site, tmp_path: Path) -> list[str]:
    listed = tmp_path / "list.txt"
    good = [path for path in site.pages if path != "/robots.txt"]
    random.Random(7).shuffle(good)
    listed.write_text("".join(f"http://127.0.0.1:{site.server_port}{path}\n" for path in good))
    limits = ["--interval", str(INTERVAL), "--seconds", "2", "--megabytes", "1", "--retries", "1"]
    return ["collect", str(tmp_path / "set"), "cat", str(listed), "--allow-network", *limits,
            "--json"]  # fmt: skip


def test_every_good_picture_once_whenever_it_is_killed(
    site: Site, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command = words(site, tmp_path)
    site.pages["/endless.png"] = page(bytes(1024**2 + 1), kind="image/png")
    chance = random.Random(KILLS)
    for _ in range(KILLS):
        child = subprocess.Popen(
            [sys.executable, "-m", "likeness", *command],
            cwd=ROOT,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        asked = len(site.asked) + chance.randint(2, 9)
        until = time.monotonic() + 60
        while len(site.asked) < asked and child.poll() is None and time.monotonic() < until:
            time.sleep(0.01)
        time.sleep(chance.random() * 0.03)
        child.send_signal(signal.SIGKILL)
        child.wait()
    code, out, _ = run(capsys, *command)
    report = json.loads(out)
    assert code == 1
    check_files(tmp_path / "set")
    check_results(report["entries"])
    gaps = [later - earlier for (earlier, _), (later, _) in itertools.pairwise(site.asked)]
    assert min(gaps) >= INTERVAL, "the host was asked faster than its limit"
    assert "/private/secret.png" not in {path for _, path in site.asked}
    often = collections.Counter(path for _, path in site.asked)
    assert all(often[f"/{n}.png"] <= 1 + KILLS for n in range(GOOD))


def check_files(root: Path) -> None:
    """Every good picture once, each with its line, and nothing beside them."""
    files = [path for path in root.rglob("*") if path.is_file() and path.name != SOURCES]
    digests = [sha256_of_bytes(path.read_bytes()) for path in files]
    assert sorted(digests) == sorted(WANTED)
    assert all(path.parent.name == "cat" and not path.name.startswith(".") for path in files)
    lines = [json.loads(line) for line in (root / SOURCES).read_text().splitlines()]
    brought = [line["sha256"] for line in lines if line.get("brought", True)]
    assert sorted(brought) == sorted(WANTED)


def check_results(entries: list[dict[str, str]]) -> None:
    for result, names in RESULTS.items():
        found = {Path(entry["name"]).stem for entry in entries if entry["result"] == result}
        assert found == names, result


def test_a_dripping_server_costs_its_time_and_no_more(
    site: Site, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command = words(site, tmp_path)
    address = f"http://127.0.0.1:{site.server_port}/drip.png"
    (tmp_path / "list.txt").write_text(f"{address}\n")
    begun = time.monotonic()
    report = json.loads(run(capsys, *command)[1])
    print(f"{time.monotonic() - begun:.2f} seconds, of 2 that an address may take")
    assert report["entries"][0]["note"] == "it took more than 2 seconds"
    assert [path for _, path in site.asked] == ["/robots.txt", "/drip.png"]


@pytest.mark.parametrize("left", ["picture", "line", "part of a part"])
def test_what_a_kill_between_two_steps_leaves_is_finished_or_gone(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], left: str
) -> None:
    """A picture that has its line gets its place; one that has none is brought again."""
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.png").write_bytes(picture(1))
    run(capsys, "collect", tmp_path / "set", "cat", tmp_path / "in")
    (stored,) = (tmp_path / "set" / "cat").iterdir()
    part = stored.with_name(f".{stored.name}.part")
    stored.rename(part)
    if left == "picture":
        (tmp_path / "set" / SOURCES).unlink()
    elif left == "part of a part":
        part.rename(part.with_name(f".{part.name}.01234567.part"))
        (tmp_path / "set" / SOURCES).write_text('{"cut sho')
    run(capsys, "collect", tmp_path / "set", "cat", tmp_path / "in")
    assert [path.name for path in (tmp_path / "set" / "cat").iterdir()] == [stored.name]
    last = (tmp_path / "set" / SOURCES).read_text().splitlines()[-1]
    assert json.loads(last)["sha256"] == sha256_of_bytes(picture(1))


def test_two_collections_into_one_class_do_not_meet(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    import fcntl

    folder = tmp_path / "set" / "cat"
    folder.mkdir(parents=True)
    (tmp_path / "a.png").write_bytes(picture(1))
    handle = os.open(folder, os.O_RDONLY)
    fcntl.flock(handle, fcntl.LOCK_EX)
    try:
        code, _, told = run(capsys, "collect", tmp_path / "set", "cat", tmp_path / "a.png")
        assert code == 2 and "collected into cat already" in told
    finally:
        os.close(handle)
