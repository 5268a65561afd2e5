"""Bundles on disk: written whole or not at all,
read only if every byte and the golden answer hold.
"""

from __future__ import annotations

import copy
import io
import json
import pickle
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from zipfile import ZipFile

import numpy as np
import pytest
import skops.io

from data_cleaning.datasets.dataset import Dataset
from data_cleaning.errors import BundleBroken, BundleMissing, GoldenMismatch, NotAPicture
from model.recipes.presets import RECIPES
from model.recognition.bundle import Bundle
from model.recognition.bundle_files import load, save
from model.recognition.manifest import Facts
from model.recognition.registry import Registry
from model.training.classifiers import CLASSIFIERS
from model.training.fit import fit
from model.training.options import TrainingOptions
from model.training.samples import Sample, near_copies, samples
from tests.support.paths import ROOT

RECIPE = RECIPES["object-classic"]
FILES = ("classifier.skops", "gallery.npz", "golden/answer.json", "golden/features.npz")


@pytest.fixture(scope="session")
def shapes(drawn_shapes: Path) -> list[Sample]:
    return samples(Dataset(drawn_shapes).items(), RECIPE)


def trained(shapes: list[Sample], classifier: str = "logistic_regression") -> Bundle:
    training = fit(
        shapes, near_copies(shapes), RECIPE, TrainingOptions(classifiers=(classifier,), folds=3)
    )
    return Bundle("shapes", 1, RECIPE, training.recogniser, Facts(holds="nothing"))


@pytest.fixture(scope="session")
def bundle(shapes: list[Sample]) -> Bundle:
    return trained(shapes)


@pytest.fixture
def saved(bundle: Bundle, tmp_path: Path) -> Path:
    save(bundle, tmp_path / "shapes" / "1")
    return tmp_path / "shapes" / "1"


@pytest.mark.parametrize("classifier", CLASSIFIERS)
def test_every_classifier_answers_the_same_after_a_round_trip(
    classifier: str, shapes: list[Sample], tmp_path: Path
) -> None:
    before = trained(shapes, classifier)
    save(before, tmp_path / "shapes" / "1")
    after = load(tmp_path / "shapes" / "1")
    for one in shapes[::5]:
        data = one.path.read_bytes()
        first, second = before.recognise(data), after.recognise(data)
        assert first.predictions[0].scores == pytest.approx(second.predictions[0].scores)
        assert (first.label, first.reason) == (second.label, second.reason)


def test_equal_models_give_equal_files(bundle: Bundle, saved: Path, tmp_path: Path) -> None:
    """Whatever addresses their objects have, and whenever they are saved."""
    same = replace(bundle, recogniser=copy.deepcopy(bundle.recogniser))
    save(same, tmp_path / "again")
    for name in FILES:
        assert (tmp_path / "again" / name).read_bytes() == (saved / name).read_bytes()
    with ZipFile(saved / "classifier.skops") as packed:
        assert {info.date_time[0] for info in packed.infolist()} == {1980}


def test_training_samples_and_serving_give_one_answer(bundle: Bundle, shapes: list[Sample]) -> None:
    for one in shapes[::4]:
        (direct,) = bundle.recogniser.answer(one.views, [0.0])
        (served,) = bundle.recognise(one.path.read_bytes()).predictions
        assert served.scores == pytest.approx(direct.scores, abs=1e-12)


@pytest.mark.parametrize("file", FILES)
def test_a_changed_or_missing_file_is_refused(saved: Path, file: str) -> None:
    (saved / file).write_bytes((saved / file).read_bytes() + b" ")
    with pytest.raises(
        BundleBroken, match=f"The file {file} .* is not the one that training wrote"
    ):
        load(saved)
    (saved / file).unlink()
    with pytest.raises(BundleBroken, match=f"lacks its file {file}"):
        load(saved)


def rewrite(saved: Path, file: str, content: bytes) -> None:
    """Replace a file, and its hash in the manifest too: an attacker who can write one can write
    both.
    """
    import hashlib

    (saved / file).write_bytes(content)
    manifest = json.loads((saved / "manifest.json").read_text())
    manifest["files"][file] = hashlib.sha256(content).hexdigest()
    (saved / "manifest.json").write_text(json.dumps(manifest))


def test_a_pickle_is_never_run(saved: Path, tmp_path: Path) -> None:
    class Evil:
        def __reduce__(self):
            return (Path.touch, (tmp_path / "ran",))

    rewrite(saved, "classifier.skops", pickle.dumps(Evil()))
    with pytest.raises(BundleBroken):
        load(saved)
    assert not (tmp_path / "ran").exists()


def test_a_type_that_is_not_listed_is_refused(saved: Path) -> None:
    rewrite(saved, "classifier.skops", skops.io.dumps(TrainingOptions()))
    with pytest.raises(
        BundleBroken, match=r"types that are not allowed: model\.training\.options\.TrainingOptions"
    ):
        load(saved)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"format": 99}, "has format 99; this version reads 1"),
        ({"recipe": {"name": "x"}}, "cannot be read"),
    ],
)
def test_a_manifest_from_elsewhere_is_refused(saved: Path, change: dict, words: str) -> None:
    manifest = json.loads((saved / "manifest.json").read_text()) | change
    (saved / "manifest.json").write_text(json.dumps(manifest))
    with pytest.raises(BundleBroken, match=words):
        load(saved)


def test_a_moved_probability_is_refused(saved: Path) -> None:
    golden = json.loads((saved / "golden" / "answer.json").read_text())
    scores = golden["regions"][0]["scores"]
    label = next(iter(scores))
    scores[label] += 0.002
    rewrite(saved, "golden/answer.json", json.dumps(golden).encode())
    with pytest.raises(GoldenMismatch, match=r"a probability moved by 0\.0020; at most 0\.001"):
        load(saved)


def altered(saved: Path, change: Callable[[np.ndarray], np.ndarray]) -> None:
    """As if the golden picture had given other features at training time."""
    with np.load(saved / "golden" / "features.npz") as arrays:
        features = [change(arrays[name]) for name in arrays.files]
    packed = io.BytesIO()
    np.savez_compressed(packed, *features)
    rewrite(saved, "golden/features.npz", packed.getvalue())


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda each: each[:, ::-1], r"features of the golden picture changed: they are 0\.\d+"),
        (lambda each: each * np.float32("nan"), "changed: they are nan alike"),
        (lambda each: each[:, 1:], r"the features have the shape \(2, \d+\); at training it was"),
    ],
    ids=["others", "no numbers", "fewer"],
)
def test_other_features_are_refused(
    saved: Path, change: Callable[[np.ndarray], np.ndarray], words: str
) -> None:
    altered(saved, change)
    with pytest.raises(GoldenMismatch, match=words):
        load(saved)


def test_features_that_are_words_are_refused(saved: Path) -> None:
    altered(saved, lambda each: np.full(each.shape, "word"))
    with pytest.raises(BundleBroken, match="cannot be read: could not convert string to float"):
        load(saved)


def test_another_likeliest_class_is_refused(saved: Path) -> None:
    golden = json.loads((saved / "golden" / "answer.json").read_text())
    golden["regions"][0]["best"] = "somebody"
    rewrite(saved, "golden/answer.json", json.dumps(golden).encode())
    with pytest.raises(GoldenMismatch, match="at training time it was 'somebody'"):
        load(saved)


@pytest.mark.parametrize(("moved", "holds"), [(0.05, True), (0.08, False)])
def test_a_bundle_of_before_the_features_is_held_to_its_probabilities(
    saved: Path, moved: float, holds: bool
) -> None:
    manifest = json.loads((saved / "manifest.json").read_text())
    del manifest["files"]["golden/features.npz"]
    (saved / "manifest.json").write_text(json.dumps(manifest))
    (saved / "golden" / "features.npz").unlink()
    said = json.loads((saved / "golden" / "answer.json").read_text())
    scores = said["regions"][0]["scores"]
    scores[next(iter(scores))] += moved
    rewrite(saved, "golden/answer.json", json.dumps(said).encode())
    if holds:
        load(saved)
    else:
        with pytest.raises(GoldenMismatch, match=r"moved by 0\.0800; at most 0\.07 is allowed"):
            load(saved)


def test_a_failed_save_leaves_nothing(
    bundle: Bundle, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full_disk(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(np, "savez_compressed", full_disk)
    with pytest.raises(OSError, match="No space"):
        save(bundle, tmp_path / "shapes" / "1")
    assert list((tmp_path / "shapes").iterdir()) == []


def test_versions_count_up_promote_and_roll_back(bundle: Bundle, tmp_path: Path) -> None:
    registry = Registry(tmp_path)
    assert registry.names() == []
    assert [registry.add(bundle).version for _ in range(3)] == [1, 2, 3]
    assert (registry.names(), registry.versions("shapes"), registry.active("shapes")) == (
        ["shapes"],
        [1, 2, 3],
        3,
    )
    assert registry.rollback("shapes") == 2
    registry.promote("shapes", 1)
    assert registry.load("shapes").version == 1
    with pytest.raises(BundleMissing, match="has no version before 1"):
        registry.rollback("shapes")
    registry.remove("shapes", 3)
    assert registry.versions("shapes") == [1, 2]
    with pytest.raises(BundleBroken, match="is the active one"):
        registry.remove("shapes", 1)


@pytest.mark.parametrize(("threshold", "refuses"), [(-1.0, False), (0.0, True), (0.4, True)])
def test_a_model_without_a_limit_refuses_nobody(
    bundle: Bundle, threshold: float, refuses: bool
) -> None:
    rule = replace(bundle.recogniser.acceptance, threshold=threshold)
    other = replace(bundle, recogniser=replace(bundle.recogniser, acceptance=rule))
    assert (other.refuses, other.multi_label) == (refuses, False)


def test_trainings_that_end_together_get_numbers_of_their_own(
    bundle: Bundle, tmp_path: Path
) -> None:
    registry = Registry(tmp_path)
    with ThreadPoolExecutor(3) as trainings:
        versions = list(trainings.map(lambda _: registry.add(bundle).version, range(3)))
    assert sorted(versions) == registry.versions("shapes") == [1, 2, 3]
    assert [registry.load("shapes", version).version for version in (1, 2, 3)] == [1, 2, 3]


@pytest.mark.parametrize("name", ["", "../etc", "A", "a b", "-a", "a" * 65, "a/b"])
def test_names_that_could_leave_the_folder_are_refused(name: str, tmp_path: Path) -> None:
    with pytest.raises(BundleMissing, match="cannot be a model's name"):
        Registry(tmp_path).versions(name)


def test_a_missing_model_names_those_there_are(bundle: Bundle, tmp_path: Path) -> None:
    Registry(tmp_path).add(bundle)
    with pytest.raises(BundleMissing, match="no model 'cats'; there are: shapes"):
        Registry(tmp_path).load("cats")


def test_half_written_versions_are_not_seen(bundle: Bundle, tmp_path: Path) -> None:
    registry = Registry(tmp_path)
    registry.add(bundle)
    shutil.copytree(registry.path("shapes", 1), tmp_path / "shapes" / ".part-x")
    (tmp_path / "shapes" / "2").mkdir()
    assert registry.versions("shapes") == [1]
    assert registry.add(bundle).version == 3  # a number that was ever begun is not given again


LEAVE = """
import os, signal, sys
from pathlib import Path
from data_cleaning.files import aside
with aside(Path(sys.argv[1])) as folder:
    (folder / "manifest.json").write_text("{}")
    print("written", flush=True)
    if sys.argv[2] == "die":
        os.kill(os.getpid(), signal.SIGKILL)
    sys.stdin.read()
"""


def test_what_killed_processes_left_is_removed_and_what_is_being_written_is_not(
    bundle: Bundle, tmp_path: Path
) -> None:
    registry = Registry(tmp_path)
    registry.add(bundle)
    folder = tmp_path / "shapes"

    def begin(ending: str) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-c", LEAVE, str(folder), ending]
        return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=ROOT)

    with begin("die") as dead:
        dead.wait()
    shutil.copytree(registry.path("shapes", 1), folder / ".gone-7")
    (folder / ".active.0a1b2c3d.part").write_text("1")
    left = {".active.0a1b2c3d.part", ".gone-7", *(path.name for path in folder.glob(".part-*"))}
    assert len(left) == 3
    with begin("live") as alive:
        assert alive.stdout
        assert alive.stdout.readline() == b"written\n"
        registry.tidy()
        hidden = {path.name for path in folder.glob(".*")}
        alive.communicate(b"")
    assert len(hidden) == 1
    assert not hidden & left
    assert registry.versions("shapes") == [1]
    shutil.copytree(registry.path("shapes", 1), folder / ".part-x")
    assert registry.add(bundle).version == 2
    assert sorted(path.name for path in folder.iterdir()) == ["1", "2", "active"]


def test_a_linear_model_holds_only_weights(bundle: Bundle) -> None:
    """No component, support vector or training row may lie in it: one row of weights a class is
    all.
    """
    inner = bundle.recogniser.classifier.calibrated_classifiers_[0].estimator
    width = inner.coef_.shape[1]
    assert inner.coef_.shape == (3, width)
    large = [v for v in vars(inner).values() if isinstance(v, np.ndarray) and v.size > 3 * width]
    assert not large
    assert bundle.recogniser.gallery.vectors.shape[1] <= 2  # classes - 1


def test_threads_share_a_bundle_and_get_their_own_answers(
    bundle: Bundle, shapes: list[Sample]
) -> None:
    pictures = [one.path.read_bytes() for one in shapes]
    alone = [bundle.recognise(data).scores for data in pictures]
    wrong: list[int] = []

    def ask(start: int) -> None:
        for i in range(len(pictures)):
            k = (start * 7 + i) % len(pictures)
            if bundle.recognise(pictures[k]).scores != alone[k]:
                wrong.append(k)

    threads = [threading.Thread(target=ask, args=(n,)) for n in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


def test_bytes_that_are_no_picture_are_the_callers_error(bundle: Bundle) -> None:
    with pytest.raises(NotAPicture):
        bundle.recognise(b"GIF is what I am not")


def test_facts_survive(bundle: Bundle, tmp_path: Path) -> None:
    added = Registry(tmp_path).add(replace(bundle, facts=Facts(pictures={"café": 3})))
    assert added.directory is not None
    assert load(added.directory).facts == Facts(pictures={"café": 3})
