"""Looking after versions: list, inspect, compare, promote with its guard, roll back, forget with
its proof.
"""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from data_cleaning.datasets.class_names import UNKNOWN
from data_cleaning.datasets.dataset import Dataset
from data_cleaning.datasets.decisions import DECISIONS, Decision
from data_cleaning.errors import BundleBroken, BundleMissing, BundleWorse, DatasetError
from data_cleaning.files import sha256_of_file
from data_cleaning.imaging.decoding import decode
from data_cleaning.imaging.encoding import encode
from likeness.delivery.outbox import About, Letter, Outbox
from model.__main__ import main
from model.recognition.registry import Registry
from model.workflows.erase_class import Erasure, erase_class
from model.workflows.versions import NeededWeights, compare, inspect, promote, versions
from server.storage.outboxes import outbox_file
from tests.support.trained import saved


def say(*_: object) -> None:
    """Progress that nobody watches."""


@pytest.fixture(scope="session")
def muddled(drawn_shapes: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The shapes with half of the discs and squares in each other's folders: a model of them is
    worse.
    """
    root = tmp_path_factory.mktemp("muddled") / "shapes"
    shutil.copytree(drawn_shapes, root)
    for number in range(6):
        (root / "disc" / f"{number}.png").rename(root / "square" / f"from_disc{number}.png")
        (root / "square" / f"{number}.png").rename(root / "disc" / f"from_square{number}.png")
    return root


@pytest.fixture(scope="session")
def three(
    shapes_artifacts: Path,
    drawn_shapes: Path,
    muddled: Path,
    tmp_path_factory: pytest.TempPathFactory,
) -> Path:
    """Versions 1 (good), 2 (muddled), 3 (good, the same pictures as 1; active)."""
    root = tmp_path_factory.mktemp("artifacts") / "artifacts"
    shutil.copytree(shapes_artifacts, root)
    for data in (muddled, drawn_shapes):
        saved(Registry(root), "shapes", data)
    return root


@pytest.fixture
def registry(three: Path, tmp_path: Path) -> Registry:
    shutil.copytree(three, tmp_path / "artifacts")
    return Registry(tmp_path / "artifacts")


@pytest.fixture
def data(drawn_shapes: Path, tmp_path: Path) -> Path:
    shutil.copytree(drawn_shapes, tmp_path / "data")
    return tmp_path / "data"


def items(root: Path) -> list[Any]:
    return Dataset(root).items()


def record(registry: Registry, version: int, **figures: Any) -> None:
    """Change what a version says of itself."""
    path = registry.path("shapes", version) / "manifest.json"
    manifest = json.loads(path.read_text())
    manifest["facts"]["crossval"] |= figures
    path.write_text(json.dumps(manifest))


def test_versions_are_listed_with_the_active_one_marked(registry: Registry) -> None:
    lines = versions(registry)
    assert [(line.version, line.active, line.classes) for line in lines] == [
        (1, False, 3), (2, False, 3), (3, True, 3),
    ]  # fmt: skip
    assert (lines[0].accuracy or 0) > (lines[1].accuracy or 0)


def test_inspect_names_files_and_weights(registry: Registry) -> None:
    found = inspect(registry, "shapes").to_json()
    assert (found["version"], found["active"], found["weights"]) == (3, True, [])
    assert {
        "manifest.json",
        "classifier.skops",
        "gallery.npz",
        "report.html",
        "report.json",
    } <= set(found["files"])
    assert found["facts"]["dataset"] == found["facts"]["dataset"].split("/")[0]
    assert not inspect(registry, "shapes", 2).active


def test_weights_are_named_by_hash(
    registry: Registry, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = registry.path("shapes", 3) / "manifest.json"
    manifest = json.loads(path.read_text())
    manifest["recipe"]["features"] = [{"name": "object_embedding", "options": {}}]
    path.write_text(json.dumps(manifest))
    monkeypatch.setenv("LIKENESS_WEIGHTS", str(tmp_path / "nowhere"))
    (weights,) = inspect(registry, "shapes").weights
    assert weights == NeededWeights("efficientnet_lite0", installed=False, sha256=None)


def test_compare_by_what_was_recorded(registry: Registry) -> None:
    same = compare(registry, "shapes", (1, 3)).to_json()
    assert (same["comparable"], same["better"], same["basis"]) == (True, None, "crossval")
    other = compare(registry, "shapes", (1, 2)).to_json()
    assert (other["comparable"], other["better"]) == (False, None)


def test_compare_on_pictures(registry: Registry, data: Path) -> None:
    found = compare(registry, "shapes", (1, 2), items(data)).to_json()
    assert (found["comparable"], found["better"]) == (True, 1)
    first, second = found["versions"]
    assert first["accuracy"] > second["accuracy"]
    assert first["pictures"] == second["pictures"] == 36
    assert first["seen"] == 36


def test_a_worse_version_is_refused_with_both_numbers(registry: Registry, data: Path) -> None:
    found = compare(registry, "shapes", (3, 2), items(data)).to_json()
    good, bad = (f"{one['accuracy']:.1%}" for one in found["versions"])
    with pytest.raises(BundleWorse, match=f"{bad} against {good}"):
        promote(registry, "shapes", 2, items(data))
    assert registry.active("shapes") == 3
    assert promote(registry, "shapes", 2, items(data), force=True).before == 3
    assert registry.active("shapes") == 2
    better = promote(registry, "shapes", 1, items(data)).comparison
    assert better is not None and better.better == 1


def test_promote_judges_by_records_of_the_same_pictures(registry: Registry) -> None:
    record(registry, 1, accuracy=0.5)
    record(registry, 3, accuracy=0.75)
    with pytest.raises(BundleWorse, match=r"50\.0% against 75\.0% right"):
        promote(registry, "shapes", 1)
    record(registry, 1, accuracy=0.8)
    better = promote(registry, "shapes", 1).comparison
    assert better is not None and better.better == 1


def test_versions_of_other_pictures_are_promoted_uncompared(registry: Registry) -> None:
    assert promote(registry, "shapes", 2).comparison is None
    assert registry.active("shapes") == 2


def test_a_broken_version_is_never_promoted(registry: Registry) -> None:
    (registry.path("shapes", 1) / "gallery.npz").write_bytes(b"nothing")
    with pytest.raises(BundleBroken, match=r"gallery\.npz"):
        promote(registry, "shapes", 1, force=True)
    assert registry.active("shapes") == 3


def test_a_broken_active_version_can_be_left(registry: Registry, data: Path) -> None:
    (registry.path("shapes", 3) / "gallery.npz").write_bytes(b"nothing")
    assert promote(registry, "shapes", 2, items(data)).comparison is None
    assert registry.active("shapes") == 2


COMMANDS = [
    (["list"], "active"),
    (["list", "shapes"], "object-classic"),
    (["inspect", "shapes"], "version 3, active"),
    (["inspect", "shapes", "--version", "1"], "version 1"),
    (["compare", "shapes", "1", "3"], "Neither is better."),
    (["compare", "shapes", "1", "2"], "Give DATA"),
    (["compare", "shapes", "1", "2", "DATA"], "Version 1 has more right answers."),
    (["promote", "shapes", "2"], "not compared"),
    (["promote", "shapes", "1"], "On the same pictures"),
    (["promote", "shapes", "2", "--data", "DATA", "--force"], "Version 2 of shapes is active"),
    (["rollback", "shapes"], "Version 2 of shapes is active; before it was 3."),
    (["forget", "shapes", "disc", "--data", "DATA"], "Trained shapes version 4 without disc"),
]
REFUSALS = [
    (["inspect", "shape"], 1, "no model 'shape'"),
    (["inspect", "shapes", "--version", "9"], 1, "no version 9"),
    (["compare", "shapes", "1", "9"], 1, "no version 9"),
    (["promote", "shapes", "2", "--data", "DATA"], 1, "is worse than the active version 3"),
    (["promote", "shapes", "9"], 1, "no version 9"),
    (["forget", "shapes", "disc"], 2, "--data DIR"),
    (["forget", "shapes", "nobody", "--data", "DATA"], 1, "Nothing knows a class 'nobody'"),
]


@dataclass(frozen=True)
class Ended:
    """How a command ended."""

    status: int
    output: str
    complaint: str


Command = Callable[[list[str]], Ended]


@pytest.fixture
def command(registry: Registry, data: Path, capsys: pytest.CaptureFixture[str]) -> Command:
    """A command of the registry; DATA among its words is the data set."""

    def run(words: list[str]) -> Ended:
        given = [str(data) if word == "DATA" else word for word in words]
        status = main([*given, "--artifacts", str(registry.root)])
        captured = capsys.readouterr()
        return Ended(status, captured.out, captured.err)

    return run


@pytest.mark.parametrize(
    ("words", "message"), COMMANDS, ids=lambda w: " ".join(w) if isinstance(w, list) else ""
)
@pytest.mark.parametrize("as_json", [False, True])
def test_commands(words: list[str], message: str, as_json: bool, command: Command) -> None:
    ended = command([*words, *["--json"] * as_json])
    assert ended.status == 0
    if as_json:
        json.loads(ended.output)
    else:
        assert message in ended.output


@pytest.mark.parametrize(("words", "status", "message"), REFUSALS)
def test_refusals(
    words: list[str], status: int, message: str, command: Command, registry: Registry
) -> None:
    ended = command(words)
    assert ended.status == status
    assert message in ended.complaint
    assert registry.versions("shapes") == [1, 2, 3]
    assert registry.active("shapes") == 3


def test_forgetting_leaves_nothing(registry: Registry, data: Path) -> None:
    """Rejected pictures, pictures moved in and out by decision, and a copy in another class are all
    thought of.
    """
    dataset = Dataset(data)
    moved_out, moved_in, rejected, doubted = (
        sha256_of_file(data / name)
        for name in ("disc/0.png", "cross/0.png", "disc/1.png", "disc/2.png")
    )
    dataset.decide(Decision(moved_out, "move", label="disc", to="square"))
    dataset.decide(Decision(moved_in, "move", label="cross", to="disc"))
    dataset.decide(Decision(rejected, "reject"))
    dataset.decide(Decision(doubted, "not", label="disc"))
    theirs = {sha256_of_file(p) for p in dataset.pictures("disc")} - {moved_out} | {moved_in}
    found = erase_class(
        Erasure(registry, "shapes", "disc", data, delete_pictures=True), say
    ).to_json()

    assert found["trained"] == 4
    assert found["removed_versions"] == [1, 2, 3]
    assert found["deleted"] == {"pictures": 12, "decisions": 4, "moved": 1}
    assert found["left"] == {"labels": 0, "examples": 0, "pictures": 0}
    assert registry.versions("shapes") == [4]
    bundle = registry.load("shapes")
    assert bundle.labels == ("cross", "square")
    assert not theirs & set(bundle.recogniser.gallery.sources)
    assert not (data / "disc").exists()
    assert sha256_of_file(data / "square" / f"{moved_out}.png") == moved_out
    left = [p for p in data.rglob("*") if p.is_file() and p.name != DECISIONS]
    assert not theirs & {sha256_of_file(p) for p in left}
    assert len(left) == 36 - 12
    for path in [*registry.root.rglob("*"), *data.rglob("*")]:
        assert path.is_dir() or not re.search(rb"\bdisc\b", path.read_bytes()), path


def test_pictures_stay_unless_told_otherwise(registry: Registry, data: Path) -> None:
    found = erase_class(Erasure(registry, "shapes", "disc", data), say).to_json()
    assert found["deleted"] is None
    assert found["left"] == {"labels": 0, "examples": 0, "pictures": 12}
    assert len(list((data / "disc").iterdir())) == 12


def test_forgetting_goes_on_where_it_stopped(
    registry: Registry, data: Path, tmp_path: Path
) -> None:
    """The new version was saved and the process died: the same call removes the old ones and trains
    no more.
    """
    shutil.copytree(data, tmp_path / "without")
    shutil.rmtree(tmp_path / "without" / "disc")
    saved(registry, "shapes", tmp_path / "without")
    found = erase_class(Erasure(registry, "shapes", "disc"), say).to_json()
    assert (found["trained"], found["removed_versions"]) == (None, [1, 2, 3])
    assert registry.versions("shapes") == [4]
    with pytest.raises(BundleMissing, match="Nothing knows"):
        erase_class(Erasure(registry, "shapes", "disc"), say)


def test_pictures_deleted_beforehand_are_forgotten_too(registry: Registry, data: Path) -> None:
    for path in (data / "disc").iterdir():
        path.unlink()
    found = erase_class(Erasure(registry, "shapes", "disc", data), say).to_json()
    assert (found["trained"], found["left"]["examples"]) == (4, 0)


def test_the_data_set_is_found_by_its_name(
    registry: Registry,
    drawn_shapes: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """And events of watched cameras go with the class, not where nothing was forgotten."""
    monkeypatch.setenv("LIKENESS_STATE", str(tmp_path / "state"))
    outbox = Outbox(outbox_file(tmp_path / "state", "door"))
    outbox.add([Letter("1", "webhook", b"{}")], About("disc", 0))
    outbox.add([Letter("2", "webhook", b"{}")], About("cross", 0))
    words = [
        "forget",
        "shapes",
        "disc",
        "--datasets",
        str(tmp_path / "sets"),
        "--artifacts",
        str(registry.root),
    ]
    assert main(words) == 2
    assert "give its data set" in capsys.readouterr().err
    assert outbox.count() == 2
    shutil.copytree(drawn_shapes, tmp_path / "sets" / drawn_shapes.name)
    assert main([*words, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["left"] == {
        "labels": 0,
        "examples": 0,
        "pictures": 12,
    }
    assert [letter.event for letter in outbox.waiting("webhook", 9)] == ["2"]
    outbox.close()


@pytest.mark.parametrize(
    ("gone", "words"),
    [(["square"], "no pictures of square"), (["square", "cross"], "no pictures of cross, square")],
)
def test_the_wrong_data_set_changes_nothing(
    gone: list[str], words: str, registry: Registry, data: Path
) -> None:
    for name in gone:
        shutil.rmtree(data / name)
    with pytest.raises(DatasetError, match=words):
        erase_class(Erasure(registry, "shapes", "disc", data, delete_pictures=True), say)
    assert registry.versions("shapes") == [1, 2, 3]
    assert len(list((data / "disc").iterdir())) == 12


def test_the_last_but_one_class_cannot_be_forgotten(drawn_shapes: Path, tmp_path: Path) -> None:
    for name in ("disc", "cross"):
        shutil.copytree(drawn_shapes / name, tmp_path / "two" / name)
    registry = Registry(tmp_path / "artifacts")
    saved(registry, "two", tmp_path / "two")
    with pytest.raises(DatasetError, match=r"only cross is left.*Nothing was removed"):
        erase_class(Erasure(registry, "two", "disc", tmp_path / "two"), say)
    assert registry.load("two").labels == ("cross", "disc")


def test_a_copy_under_another_name_is_not_learnt_again(registry: Registry, data: Path) -> None:
    shutil.copy(data / "disc" / "3.png", data / "square" / "copy.png")
    digest = sha256_of_file(data / "disc" / "3.png")
    erase_class(Erasure(registry, "shapes", "disc", data), say)
    assert digest not in registry.load("shapes").recogniser.gallery.sources


def test_other_models_that_know_them_are_named(registry: Registry, data: Path) -> None:
    shutil.copytree(registry.root / "shapes", registry.root / "others")
    assert erase_class(Erasure(registry, "shapes", "disc", data), say).others == ("others",)


def test_special_folders_do_not_count_as_classes(registry: Registry, data: Path) -> None:
    (data / UNKNOWN).mkdir()
    picture = decode((data / "disc" / "5.png").read_bytes())
    (data / UNKNOWN / "x.png").write_bytes(encode(np.ascontiguousarray(picture[::-1])))
    with pytest.raises(DatasetError, match="special"):
        erase_class(Erasure(registry, "shapes", UNKNOWN, data), say)
