"""Fetching pretrained files: what is installed, what is refused, what is said of a failure."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from data_cleaning.pretrained import locate
from model.__main__ import main
from model.weights.catalogue import WEIGHTS, Weight
from model.weights.downloads import Source
from model.weights.fetch import fetch
from tests.model.weights.small_files import CONTENT, TINY, WRONG, quiet


def test_fetch_installs_once_and_replaces_a_damaged_file(tiny: Weight, tmp_path: Path) -> None:
    folder = tmp_path / "new" / "folder"
    assert [outcome.state for outcome in fetch(["tiny"], folder, quiet)] == ["installed"]
    assert locate("tiny", folder).read_bytes() == CONTENT
    assert [outcome.state for outcome in fetch(["tiny"], folder, quiet)] == ["present"]
    (folder / tiny.filename).write_bytes(b"damaged")
    assert [outcome.state for outcome in fetch(["tiny"], folder, quiet)] == ["installed"]
    assert locate("tiny", folder).read_bytes() == CONTENT
    assert [path.name for path in folder.iterdir()] == [tiny.filename]


BAD_ENTRIES: dict[str, tuple[Callable[[Weight], Weight], str]] = {
    "another archive": (
        lambda w: replace(w, source=replace(w.source, sha256=WRONG)),
        f"expected {WRONG}",
    ),
    "another result": (lambda w: replace(w, sha256=WRONG), r"download itself was right.*onnx=="),
    "no such version": (
        lambda w: replace(w, source=replace(w.source, spec=f"{TINY}==2.0")),
        "no network, or",
    ),
    "no such member": (
        lambda w: replace(w, source=replace(w.source, members=("x",))),
        "no regular file 'x'",
    ),
    "not the format": (lambda w: replace(w, converter="efficientnet_lite0"), "not a plain PyTorch"),
    "no https": (
        lambda w: replace(w, source=Source("url", "http://a/b", WRONG, 1)),
        "is no https address",
    ),
    "no answer": (
        lambda w: replace(w, source=Source("url", "https://127.0.0.1:9/b", WRONG, 1)),
        "downloaded",
    ),
}


@pytest.mark.parametrize("case", BAD_ENTRIES)
def test_a_bad_entry_leaves_nothing_and_stops_no_other(
    case: str, tiny: Weight, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    change, message = BAD_ENTRIES[case]
    monkeypatch.setitem(WEIGHTS, "bad", replace(change(tiny), name="bad", filename="bad.bin"))
    folder = tmp_path / "weights"
    bad, good = fetch(["bad", "tiny"], folder, quiet)
    assert (bad.state, good.state) == ("failed", "installed")
    assert re.search(message, bad.detail), bad.detail
    assert [path.name for path in folder.iterdir()] == [tiny.filename]


def test_without_npm_and_network_the_failure_is_said(
    tiny: Weight,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert main(["weights", "dlib_face", "tiny", "--dir", str(tmp_path / "weights")]) == 1
    output = capsys.readouterr().out
    assert "no npm on this machine" in output
    assert f"tiny: installed at {tmp_path}" in output
    assert (
        "Still missing: dlib_face. To try again: python -m model weights dlib_face --dir"
        f" {tmp_path}" in output
    )
    assert "cannot run: face-light." in output
    assert "face-classic, person-classic and object-classic need no pretrained file" in output


def test_a_file_by_address_tells_how_to_put_it_by_hand(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = replace(WEIGHTS["sface_float"].source, spec="https://127.0.0.1:9/sface.onnx")
    monkeypatch.setitem(WEIGHTS, "sface_float", replace(WEIGHTS["sface_float"], source=source))
    (outcome,) = fetch(["sface_float"], tmp_path, quiet)
    assert outcome.state == "failed"
    for part in (
        source.spec,
        str(tmp_path / WEIGHTS["sface_float"].filename),
        WEIGHTS["sface_float"].sha256,
    ):
        assert part in outcome.detail


def test_what_an_entry_needs_comes_along(
    tmp_path: Path, tiny: Weight, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(
        WEIGHTS, "pair", replace(tiny, name="pair", filename="pair.bin", needs=("tiny",))
    )
    lines: list[str] = []
    outcomes = fetch(["pair", "tiny"], tmp_path / "weights", lines.append)
    assert [(outcome.name, outcome.state) for outcome in outcomes] == [
        ("pair", "installed"),
        ("tiny", "installed"),
    ]
    assert sum(line.startswith("fetching") for line in lines) == 1
