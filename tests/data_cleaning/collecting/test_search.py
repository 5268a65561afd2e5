"""Searching for pictures: every provider in the shape of its answers, served on this machine."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from data_cleaning.collecting.sources.licences import code_of, wanted_codes
from data_cleaning.datasets.delete_class import SOURCES
from tests.data_cleaning.commands import run
from tests.support.providers import Providers
from tests.support.sites import page, redirect, running, status

PICTURES = int(os.environ.get("LIKENESS_TEST_COLLECTED", "130"))
KEYS = {"BING_SEARCH_KEY": "b-key", "GOOGLE_SEARCH_KEY": "g-key", "GOOGLE_SEARCH_ENGINE": "cx"}


@pytest.fixture
def providers(monkeypatch: pytest.MonkeyPatch) -> Iterator[Providers]:
    for name, value in KEYS.items():
        monkeypatch.setenv(name, value)
    with running({}) as site:
        yield Providers(site, PICTURES)


def words(providers: Providers, root: Path, name: str, *more: object) -> list[object]:
    asked = [] if "--query" in more else ["--query", "cat"]
    place = f"{name}={providers.base}"
    return ["collect", root, "cat", "--from", name, *asked, "--provider", place, *more,
            "--allow-private", "--interval", 0, "--json"]  # fmt: skip


def lines(root: Path) -> list[dict[str, str]]:
    return [json.loads(line) for line in (root / SOURCES).read_text().splitlines()]


def pictures_asked(providers: Providers) -> list[str]:
    return [path for _, path in providers.site.asked if path.startswith("/pictures/")]


def test_many_of_one_query_with_licence_and_author_and_nothing_the_second_time(
    providers: Providers, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command = words(providers, tmp_path, "openverse", "--count", PICTURES)
    code, out, told = run(capsys, *command)
    report = json.loads(out)
    assert (code, report["counts"]["added"]) == (0, PICTURES)
    assert "show somebody" in told
    assert len({line["sha256"] for line in lines(tmp_path)}) == PICTURES
    for line in lines(tmp_path):
        assert line["licence"] in ("by-sa-4.0", "cc0-1.0") and line["licence_url"]
        assert line["author"].startswith("Photographer ") and line["query"] == "cat"
        assert line["page"].startswith("https://museum.example/") and line["time"]
    assert len(pictures_asked(providers)) == PICTURES
    code, out, told = run(capsys, *command)
    assert (code, json.loads(out)["counts"]["already"]) == (0, PICTURES)
    assert len(pictures_asked(providers)) == PICTURES, "0 were fetched the second time"
    assert "show somebody" not in told, "said once"
    assert len(lines(tmp_path)) == PICTURES


@pytest.mark.parametrize(
    ("name", "count", "requests", "line"),
    [
        ("commons", 120, 3, {"author": "Ann Onym 0", "licence": "CC BY-SA 4.0"}),
        ("bing", 120, 1, {"page": "https://shop.example/0"}),
        ("google", 100, 10, {"page": "https://blog.example/0"}),
    ],
)
def test_each_provider(
    providers: Providers,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    name: str,
    count: int,
    requests: int,
    line: dict[str, str],
) -> None:
    providers.pictures = 125
    _, out, _ = run(capsys, *words(providers, tmp_path, name, "--count", count))
    report = json.loads(out)
    assert report["counts"]["added"] == count, report["summary"]
    assert line.items() <= lines(tmp_path)[0].items()
    asked = [path for _, path in providers.site.asked if not path.startswith("/pictures/")]
    assert len([path for path in asked if path != "/robots.txt"]) == requests
    keys = {headers.get("Ocp-Apim-Subscription-Key") for headers in providers.site.headers}
    assert keys == ({None, "b-key"} if name == "bing" else {None}), "no picture's host gets a key"


def test_ddgs_in_its_own_way(
    providers: Providers,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The library's own client, parser and paging; only the address is another."""
    engines = pytest.importorskip("ddgs.engines")
    duckduckgo = engines.ENGINES["images"]["duckduckgo"]
    found = {
        "results": [
            {"title": f"Cat {n}", "image": providers.url(n), "url": f"https://cats.example/{n}"}
            | {"thumbnail": "https://th.example/1", "height": 64, "width": 80, "source": "Bing"}
            for n in range(3)
        ]
    }
    providers.site.pages["/i.js"] = page(json.dumps(found).encode())
    monkeypatch.setattr(duckduckgo, "search_url", f"{providers.base}/i.js")
    monkeypatch.setattr(duckduckgo, "_get_vqd", lambda self, query: "4-123")
    _, out, _ = run(capsys, *words(providers, tmp_path, "ddgs", "--count", 5)[:-6],
                    "--allow-private", "--interval", 0, "--json")  # fmt: skip
    assert json.loads(out)["counts"]["added"] == 3, out
    assert lines(tmp_path)[0]["page"] == "https://cats.example/0"


def test_several_queries_and_a_licence(
    providers: Providers, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    providers.pictures = 6
    queries = ["--query", "cat", "--query", "tom cat"]
    wanted = words(providers, tmp_path, "commons", *queries, "--licence", "commercial")
    report = json.loads(run(capsys, *wanted)[1])
    assert (report["counts"]["added"], report["counts"]["already"]) == (3, 3)
    assert {line["licence"] for line in lines(tmp_path)} == {"CC BY-SA 4.0"}
    run(capsys, *words(providers, tmp_path, "openverse", "--licence", "public-domain"))
    assert any("license=cc0%2Cpdm" in path for _, path in providers.site.asked)


def test_a_large_original_is_asked_for_smaller(
    providers: Providers, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    providers.pictures = 2
    run(capsys, *words(providers, tmp_path, "commons"))
    assert "/pictures/huge.png" not in pictures_asked(providers)


@pytest.mark.parametrize(
    ("name", "more", "said"),
    [
        ("bing", ("--licence", "by"), "--licence goes with openverse and commons"),
        ("google", (), "google needs GOOGLE_SEARCH_ENGINE in the environment"),
    ],
)
def test_what_cannot_be_searched_is_said_before_anything_is_asked(
    providers: Providers,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    name: str,
    more: tuple[str, ...],
    said: str,
) -> None:
    monkeypatch.delenv("GOOGLE_SEARCH_ENGINE")
    code, _, complaint = run(capsys, *words(providers, tmp_path / "set", name, *more))
    assert code == 2 and said in complaint
    assert not providers.site.asked and not (tmp_path / "set").exists()


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (status(401), "it answered 401"),
        (page(b"[]"), "its answer was not understood"),
        (page(b"<html>"), "its answer was not understood"),
        (page(b'{"results": [{}], "result_count": 1, "page_count": 1}'), "KeyError"),
    ],
)
def test_a_provider_that_answers_otherwise(
    providers: Providers,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    answer: object,
    said: str,
) -> None:
    providers.site.pages["/v1/images/"] = answer  # type: ignore[assignment]
    code, out, _ = run(capsys, *words(providers, tmp_path, "openverse"))
    report = json.loads(out)
    assert code == 1 and report["counts"]["failed"] == 1
    assert said in report["entries"][0]["note"]


def test_what_a_provider_names_may_not_lead_into_this_network(
    providers: Providers, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The provider's address was typed by a person; the pictures' addresses were not."""
    providers.pictures = 2
    command = [w for w in words(providers, tmp_path, "openverse") if w != "--allow-private"]
    report = json.loads(run(capsys, *command)[1])
    assert report["counts"]["failed"] == 2
    assert not pictures_asked(providers)


def test_nor_may_a_redirect(
    providers: Providers, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with running({"/x.png": page(b"inside")}) as inside:
        away = redirect(f"http://127.0.0.1:{inside.server_port}/x.png")
        providers.site.pages["/v1/images/"] = away
        command = [w for w in words(providers, tmp_path, "openverse") if w != "--allow-private"]
        report = json.loads(run(capsys, *command)[1])
        assert report["counts"]["failed"] == 1 and not inside.asked


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("CC BY-SA 4.0", "by-sa"),
        ("cc-by-nc-nd-2.0", "by-nc-nd"),
        ("by-4.0", "by"),
        ("CC0", "cc0"),
        ("CC0 1.0", "cc0"),
        ("Public domain", "pdm"),
        ("GFDL", ""),
        ("Attribution", ""),
        ("", ""),
    ],
)
def test_licences_by_name(name: str, code: str) -> None:
    assert code_of(name) == code


def test_several_licences_narrow_it_down() -> None:
    assert wanted_codes(()) == frozenset()
    assert wanted_codes(("by",)) == {"by"}
    assert wanted_codes(("commercial", "modification")) == {"cc0", "pdm", "by", "by-sa"}
