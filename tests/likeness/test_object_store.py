"""Data sets and models in a real S3 server: trained from there, saved there, served from there."""

from __future__ import annotations

import json
import shutil
import time
from pathlib import Path

import pytest
import requests

from data_cleaning.objectstore.mirror import Mirror
from likeness.cli import main
from tests.support.pictures import tree
from tests.support.providers import picture
from tests.support.s3 import S3
from tests.support.serving import Running, start


def printed(capsys: pytest.CaptureFixture[str], *words: object) -> dict[str, object]:
    capsys.readouterr()
    assert main([str(word) for word in words]) == 0
    found = json.loads(capsys.readouterr().out)
    assert isinstance(found, dict)
    return found


def named(answer: dict[str, object]) -> tuple[object, ...]:
    """What an answer of the command or of the service says of the picture."""
    (region,) = answer["regions"]  # type: ignore[misc]
    return region["label"], round(region["probability"], 4), round(region["similarity"], 4)


def served(service: Running, path: Path) -> dict[str, object]:
    url, kind = f"{service.url}/api/predict", {"Content-Type": "image/png"}
    answer = requests.post(url, data=path.read_bytes(), headers=kind, timeout=20)
    answer.raise_for_status()
    return dict(answer.json())


def wait_for_version(service: Running, version: int) -> None:
    until = time.monotonic() + 60
    while requests.get(f"{service.url}/readyz", timeout=30).json().get("version") != version:
        assert time.monotonic() < until, (service.folder / "var" / "store.log").read_text()
        time.sleep(0.2)


def test_trained_from_a_store_saved_there_and_served_from_there(
    s3: S3,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    drawn_shapes: Path,
    shapes_artifacts: Path,
) -> None:
    for picture_file in drawn_shapes.glob("*/[0-7].png"):
        name = picture_file.relative_to(drawn_shapes)
        s3.files.put_file(str(picture_file), f"{s3.bucket}/people/{name}")
    shutil.copytree(shapes_artifacts, tmp_path / "first")
    models = f"s3://{s3.bucket}/models"
    Mirror(models, tmp_path / "first").sync()
    service = start(
        tmp_path, "server.wsgi:app", artifacts=models, artifacts_seconds=1, model="shapes"
    )
    try:
        wait_for_version(service, 1)
        trained = printed(
            capsys, "train", f"s3://{s3.bucket}/people", "--name", "shapes", "--artifacts", models,
            "--recipe", "object-classic", "--classifiers", "logistic_regression", "--json",
        )  # fmt: skip
        assert (trained["version"], trained["dataset"]) == (2, "people")
        assert "models/shapes/2/manifest.json" in s3.names("models")
        wait_for_version(service, 2)
        Mirror(models, tmp_path / "disk").sync()
        for path in sorted(drawn_shapes.glob("*/3.png")):
            command = ("predict", "shapes", path, "--json", "--artifacts")
            by_disk = printed(capsys, *command, tmp_path / "disk")
            by_store = printed(capsys, *command, models)
            assert {**by_disk, "seconds": None} == {**by_store, "seconds": None}
            assert named(served(service, path)) == named(by_disk)
        assert main(["models", "rollback", "shapes", "--artifacts", models]) == 0
        wait_for_version(service, 1)
        asked = {"Content-Type": "application/json"}
        promote = f"{service.url}/api/models/shapes/promote"
        requests.post(promote, json={"version": 2}, headers=asked, timeout=20).raise_for_status()
        wait_for_pointer(s3, b"2\n")
    finally:
        service.end()


def wait_for_pointer(s3: S3, content: bytes) -> None:
    until = time.monotonic() + 30
    while s3.files.cat_file(f"{s3.bucket}/models/shapes/active") != content:
        assert time.monotonic() < until
        time.sleep(0.2)


def test_collected_from_a_store_and_into_one(
    s3: S3, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for number in range(3):
        s3.files.pipe_file(f"{s3.bucket}/raw/{number}.png", picture(number))
    s3.files.pipe_file(f"{s3.bucket}/raw/notes.txt", b"no picture")
    people = f"s3://{s3.bucket}/people"
    command = ("collect", people, "ada", "--from", f"s3://{s3.bucket}/raw", "--json")
    assert printed(capsys, *command)["counts"]["added"] == 3  # type: ignore[index]
    assert len(s3.names("people/ada")) == 3 and "people/sources.jsonl" in s3.names("people")
    again = printed(capsys, *command)
    assert again["counts"]["already"] == 3  # type: ignore[index]
    stored = s3.names("people/ada")[0]
    file = stored.removeprefix("people/")
    assert main(["review", people, "--reject", file]) == 0
    decided = s3.files.cat_file(f"{s3.bucket}/people/decisions.jsonl")
    assert json.loads(decided)["action"] == "reject"
    assert all(name.startswith("likeness/") for name in tree(tmp_path / "cache"))


def test_a_store_that_is_away_is_said(s3: S3, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        main(["train", "s3://no-such-bucket/people", "--name", "x"])
    assert end.value.code == 2
    assert "s3://no-such-bucket/people cannot be used" in capsys.readouterr().err
