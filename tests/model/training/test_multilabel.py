"""Pictures that carry several classes: from folders to answers, figures and export."""

from __future__ import annotations

import json
import re
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from sklearn.metrics import average_precision_score

from data_cleaning.datasets.dataset import Dataset
from data_cleaning.errors import DatasetError
from data_cleaning.files import sha256_of_file
from model.__main__ import main
from model.evaluation.multilabel_metrics import (
    average_precisions,
    multilabel_summary,
    precision_recall,
)
from model.export.write_onnx import export
from model.recipes.presets import preset
from model.recognition.explain import explain
from model.recognition.registry import Registry
from model.training.multilabel import best_f1, fit_multilabel, merge_folders, multilabel_rows
from model.training.options import TrainingOptions
from model.training.samples import Sample, TrainingSet, near_copies, readable, samples
from tests.model.multilabel_answers import answered
from tests.support.pictures import SHAPES, bar_and_disc

QUICK = ("--recipe", "object-classic", "--classifiers", "logistic_regression")


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("many")
    for shown in ((), ("bar",), ("disc",), SHAPES):
        for number in range(9):
            for folder in shown or ("_none",):
                (root / folder).mkdir(exist_ok=True)
                (root / folder / f"{'-'.join(shown) or 'ground'}{number}.png").write_bytes(
                    bar_and_disc(shown, number)
                )
    return root


@pytest.fixture(scope="module")
def artifacts(data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("artifacts")
    options = ["--multi-label", "--artifacts", str(folder), "--json"]
    assert main(["train", str(data), "--name", "many", *options, *QUICK]) == 0
    return folder


def test_a_picture_in_two_folders_is_one_picture_of_two_classes(data: Path) -> None:
    items, truths = merge_folders(Dataset(data).items())
    assert len(items) == 36
    assert sorted(map(len, truths.values())) == [0] * 9 + [1] * 18 + [2] * 9


def test_every_class_is_answered_on_its_own(artifacts: Path) -> None:
    bundle = Registry(artifacts).load("many")
    assert (bundle.labels, bundle.multi_label, bundle.refuses) == (SHAPES, True, True)
    for shown in ((), ("bar",), ("disc",), SHAPES):
        answers = [
            set(bundle.recognise(bar_and_disc(shown, n)).predictions[0].labels)
            for n in range(100, 106)
        ]
        assert sum(answer == set(shown) for answer in answers) >= 5, shown
    [both] = bundle.recognise(bar_and_disc(SHAPES, 100)).predictions
    assert both.label == both.labels[0]
    assert both.scores["bar"] + both.scores["disc"] > 1.2, "not shares of one whole"


def test_figures_of_evaluate(
    artifacts: Path, data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    capsys.readouterr()
    assert main(["evaluate", "many", str(data), "--artifacts", str(artifacts), "--json"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert report["pictures"] == 36
    assert report["subset_accuracy"] == report["accuracy"] >= 0.9
    assert report["mean_average_precision"] >= 0.95
    assert report["per_class"]["disc"]["pictures"] == 18
    assert main(["evaluate", "many", str(data), "--artifacts", str(artifacts)]) == 0
    assert "mean average precision" in capsys.readouterr().out


def test_crossval_scores_unseen_pictures(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["crossval", str(data), "--multi-label", "--folds", "2", "--json", *QUICK]) == 0
    report = json.loads(capsys.readouterr().out)
    assert report["pictures"] == 36
    assert report["mean_average_precision"] >= 0.9


def test_strangers_do_not_go_with_it(
    artifacts: Path, data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    saved = ["evaluate", "many", str(data), "--artifacts", str(artifacts)]
    for command in (["crossval", str(data), "--multi-label"], saved):
        assert main([*command, "--strangers", str(data)]) == 2
        assert "put strangers into _unknown/" in capsys.readouterr().err


def test_a_class_of_several_is_forgotten_with_every_picture_that_shows_it(
    artifacts: Path, data: Path, tmp_path: Path
) -> None:
    folder, models = (
        shutil.copytree(source, tmp_path / source.name) for source in (data, artifacts)
    )
    shutil.copytree(folder / "bar", folder / "green")  # as a third class: what shows a bar is green
    theirs = {sha256_of_file(path) for path in (folder / "disc").iterdir()}
    before = Registry(models).load("many").facts
    command = [
        "forget",
        "many",
        "disc",
        "--data",
        str(folder),
        "--artifacts",
        str(models),
        "--delete-pictures",
    ]
    assert main(command) == 0
    bundle = Registry(models).load("many")
    assert Registry(models).versions("many") == [2]
    assert (bundle.labels, bundle.facts.multi_label, bundle.facts.options) == (
        ("bar", "green"),
        True,
        before.options,
    )
    assert not theirs & set(bundle.recogniser.gallery.sources)
    assert not theirs & {sha256_of_file(path) for path, _ in Dataset(folder).paths()}
    assert bundle.facts.pictures == {"bar": 9, "green": 9}
    left = merge_folders(Dataset(folder).items())[1].values()
    assert sorted(map(sorted, left)) == [[]] * 9 + [["bar", "green"]] * 9, (
        "the other classes stay as they were"
    )


@pytest.mark.parametrize("several", [[], ["--multi-label"]])
@pytest.mark.parametrize("command", ["crossval", "train"])
def test_pictures_of_which_none_can_be_read_are_said_to_be_so(
    command: str, several: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("bar", "disc"):
        (tmp_path / "data" / name).mkdir(parents=True)
        (tmp_path / "data" / name / "1.jpg").write_bytes(f"no picture of {name}".encode())
    options = ["--name", "none", "--artifacts", str(tmp_path)] if command == "train" else []
    assert main([command, str(tmp_path / "data"), *options, *several]) == 2
    assert (
        "None of the pictures could be read (2). The first one, 1.jpg: This is not a picture"
        in capsys.readouterr().err
    )


def test_it_is_explained_and_exported_like_any_other(
    artifacts: Path, data: Path, tmp_path: Path
) -> None:
    bundle = Registry(artifacts).load("many")
    found = explain(bundle, bar_and_disc(("disc",), 0))
    assert found.label == "disc"
    words = (
        r"3 of 3 nearest examples are disc; probability [\d.]+ is above the class's own threshold"
        r" \.\d\d\."
    )
    assert re.fullmatch(words, found.sentence)
    both = explain(bundle, bar_and_disc(SHAPES, 0))
    assert both.nearest[0].labels == SHAPES
    assert both.nearest[0].label == "bar + disc"
    assert both.sentence.startswith("3 of 3 nearest examples are ")
    assert (
        export(bundle, tmp_path / "many.onnx", merge_folders(Dataset(data).items())[0]).difference
        <= 1e-4
    )


def test_a_class_that_nearly_every_picture_carries_cannot_be_learnt(data: Path) -> None:
    items, truths = merge_folders(Dataset(data).items())
    good = [
        replace(sample, classes=truths[sample.sha256] | {"ground"})
        for sample in readable(samples(items, preset("object-classic")))
    ]
    with pytest.raises(DatasetError, match=r"Class ground has .* carry it and 0 that do not"):
        multilabel_rows(TrainingSet(good, near_copies(good), (*SHAPES, "ground")))


@pytest.mark.parametrize("seed", range(4))
def test_the_least_that_can_be_learnt_is_learnt(seed: int) -> None:
    """Four pictures of a class among many: some inner folds are without any of them."""
    random = np.random.default_rng(seed)
    rare = (random.permutation(24) < 4).tolist()
    some = [
        Sample(
            Path(f"{n}.png"),
            "",
            str(n),
            views=(random.normal(rare[n], 0.5, (1, 6)),),
            classes=frozenset("a" * rare[n] + "b" * (n % 2)),
        )
        for n in range(24)
    ]
    options = TrainingOptions(classifiers=("logistic_regression",), folds=2)
    training_set = TrainingSet(some, np.arange(24), ("a", "b"))
    model = fit_multilabel(training_set, preset("object-classic"), options).recogniser
    assert all(0.05 <= t <= 0.95 for t in model.thresholds)


@pytest.mark.parametrize(
    ("probabilities", "answers", "low", "high"),
    [
        ([0.9, 0.8, 0.3, 0.1], [1, 1, 0, 0], 0.3, 0.8),
        ([0.9, 0.4, 0.3, 0.1], [1, 0, 1, 0], 0.1, 0.3),
        ([0.9, 0.8], [0, 0], 0.5, 0.5),
        ([0.99, 0.98], [1, 0], 0.95, 0.95),
    ],
)
def test_the_threshold_is_where_f1_is_best(
    probabilities: list[float], answers: list[int], low: float, high: float
) -> None:
    assert low <= best_f1(np.array(probabilities), np.array(answers, bool)) <= high


def test_figures_are_right() -> None:
    figures = multilabel_summary(
        [
            answered("ab", "a", "b", a=0.9, b=0.8),
            answered("a", "b", a=0.4, b=0.6),
            answered("", a=0.1, b=0.2),
            answered("b"),
            answered(""),
        ]
    ).to_json()
    assert figures["subset_accuracy"] == 0.6, "nothing answered is right where there is nothing"
    assert figures["failure_to_acquire"] == 0.4
    assert figures["accuracy_when_found"] == 2 / 3
    row = figures["per_class"]["a"]
    assert [row[key] for key in ("pictures", "correct", "precision", "recall", "f1")] == [
        2,
        1,
        1.0,
        0.5,
        2 / 3,
    ]
    assert (row["average_precision"], row["threshold"]) == (1.0, 0.5)
    assert row["recall_interval"][0] < 0.5 < row["recall_interval"][1]
    assert figures["per_class"]["b"]["precision"] == 0.5
    assert figures["seconds_per_picture"] == 1.0
    low, high = figures["mean_average_precision_interval"]
    assert low < figures["mean_average_precision"] < high
    assert figures["ece"] == pytest.approx((0.1 + 0.2 + 0.6 + 0.6 + 0.1 + 0.2) / 6)


def test_average_precision_is_the_usual_one() -> None:
    random = np.random.default_rng(3)
    true, scores = random.random(60) < 0.3, random.random(60).round(1)
    weights = random.integers(0, 3, (5, 60)).astype(float)
    usual = [average_precision_score(true, scores, sample_weight=row) for row in weights]
    assert average_precisions(true, scores, weights) == pytest.approx(usual)
    assert np.isnan(average_precisions(true, scores, np.where(true, 0.0, 1.0)[None]))


def test_the_chosen_point_lies_on_the_curve() -> None:
    random = np.random.default_rng(4)
    verdicts = []
    for number in range(40):
        yes, score = (
            number % 3 == 0,
            float(np.clip(random.normal(0.3 + 0.4 * (number % 3 == 0), 0.2), 0, 1)),
        )
        one = answered(
            "a" if yes else "", *(["a"] if score >= 0.5 - number % 2 / 10 else []), a=score
        )
        verdicts.append(replace(one, thresholds={"a": 0.5 - number % 2 / 10}))
    row = multilabel_summary([*verdicts, answered("a")]).per_class["a"]
    curve = precision_recall([*verdicts, answered("a")], "a")
    assert [row.recall, row.precision] in curve
    assert curve[-1][0] < 1, "no threshold finds what was not found"
    assert [x for x, _ in curve] == sorted(x for x, _ in curve)
    assert len(precision_recall(verdicts, "a", points=10)) <= 10
