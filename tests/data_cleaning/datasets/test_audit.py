"""The command clean: which problems are found in a data set, and that nothing is changed."""

from __future__ import annotations

import json
import re

import cv2
import numpy as np
import pytest

from data_cleaning.datasets import audit as clean
from data_cleaning.datasets.class_names import UNKNOWN
from data_cleaning.datasets.dataset import Dataset
from data_cleaning.detection.detection import Detection
from data_cleaning.files import sha256_of_file
from data_cleaning.imaging import resizing
from tests.data_cleaning.commands import face, run
from tests.support.pictures import packaged, scene, tree, write

EXPECTED = {
    "copies_across": {"cats/copy_across.png", "cups/copy_across.png"},
    "near_across": {"cats/near_across.jpg", "cups/near_across.png"},
    "unreadable": {"cats/broken.png"},
    "small": {"cats/small.png"},
    "blurred": {"cats/blurred.png"},
    "dark": {"cats/dark.png"},
    "bright": {"cats/bright.png"},
    "copies": {"cups/copy.png", "cups/copy again.png"},
    "near": {"cups/good.png", "cups/near.jpg"},
}


def by_kind(found: list[dict]) -> dict[str, set[str]]:
    kinds: dict[str, set[str]] = {}
    for one in found:
        kinds.setdefault(one["kind"], set()).add(one["picture"])
    return kinds


class TestClean:
    def test_finds_each_problem_and_changes_nothing(self, messy, tmp_path, capsys):
        before = tree(messy)
        out = tmp_path / "out"
        status, output, _ = run(
            capsys, "clean", messy, "--out", out, "--detector", "whole", "--no-labels"
        )
        assert status == 0 and tree(messy) == before
        assert sorted(tree(out)) == ["findings.json", "sheet.html"]
        report = json.loads((out / "findings.json").read_text())
        found = by_kind(report["findings"])
        drawn = {
            p for p in found.pop("blurred") if "copy" not in p and "small" not in p
        }  # drawn scenes are smooth
        assert found | {"blurred": drawn} == EXPECTED
        assert report["problems"]["near_across"] == 2 and "near copies" not in output
        assert "Nothing was changed" in output and str(out / "sheet.html") in output

    def test_faces_nobody_several_and_odd_poses(self, tmp_path, capsys):
        root = tmp_path / "set"
        write(root / "eileen" / "good.png", face())
        write(
            root / "eileen" / "two.png", np.hstack([face(), cv2.GaussianBlur(face(), (0, 0), 0.6)])
        )
        write(root / "eileen" / "nobody.png", packaged("coffee.png"))
        write(root / "cat" / "cat.png", packaged("rocket.jpg"))
        write(root / "_none" / "someone.png", face()[:, ::-1])
        write(root / UNKNOWN / "strangers.png", np.hstack([face(), face()])[:, ::-1])
        run(
            capsys,
            "clean",
            root,
            "--out",
            tmp_path / "out",
            "--detector",
            "haar_face",
            "--no-labels",
        )
        found = by_kind(json.loads((tmp_path / "out" / "findings.json").read_text())["findings"])
        assert found["nothing"] == {"eileen/nobody.png", "cat/cat.png"}
        assert found["several"] == {"eileen/two.png"}
        assert found["something"] == {"_none/someone.png"}

    @pytest.mark.parametrize(
        ("eyes", "turn", "odd"),
        [(2, None, False), (1, None, True), (None, 0.1, False), (None, 0.7, True)],
    )
    def test_an_odd_pose_is_told_by_eyes_or_by_the_nose(self, tmp_path, eyes, turn, odd):
        root = tmp_path / "set"
        path = write(root / "a" / "1.png", scene(1))
        item = Dataset(root).items()[0]
        good = clean.Quality(90, 0.5, 20, 200, eyes, turn)
        seen = clean.InspectedPicture(item, 160, 120, ((Detection(10, 10, 90, 90), good),))
        kinds = {f.kind for f in clean.find_problems(root, [seen])}
        assert ("pose" in kinds) is odd and path.exists()

    def test_decided_pictures_are_settled(self, messy, tmp_path, capsys):
        words = (
            "clean",
            messy,
            "--out",
            tmp_path / "out",
            "--detector",
            "whole",
            "--no-labels",
            "--json",
        )
        first = json.loads(run(capsys, *words)[1])
        for picture in ("cats/dark.png", "cats/bright.png"):
            assert run(capsys, "review", messy, "--keep", picture)[0] == 0
        assert run(capsys, "review", messy, "--reject", "cats/blurred.png")[0] == 0
        second = by_kind(json.loads(run(capsys, *words)[1])["findings"])
        gone = {"cats/dark.png", "cats/bright.png", "cats/blurred.png"}
        assert gone <= {f["picture"] for f in first["findings"]}
        assert not gone & set().union(*second.values())

    def test_doubts_about_labels_come_from_a_file(self, messy, tmp_path, capsys):
        doubt = {
            "kind": "wrong_label",
            "sha256": sha256_of_file(messy / "cats" / "good.png"),
            "label": "cats",
            "score": 0.9,
        }
        doubt |= {"suggestion": "cups", "note": "Looks like cups (95%) rather than cats (2%)."}
        labels = tmp_path / "labels.json"
        labels.write_text(json.dumps({"doubts": [doubt], "pictures": 12, "agreement": 0.9}))
        _, out, _ = run(
            capsys,
            "clean",
            messy,
            "--out",
            tmp_path / "o",
            "--detector",
            "whole",
            "--labels",
            labels,
            "--json",
        )
        wrong = [f for f in json.loads(out)["findings"] if f["kind"] == "wrong_label"]
        assert [(f["picture"], f["suggestion"]) for f in wrong] == [("cats/good.png", "cups")]
        assert "Move to cups" in (tmp_path / "o" / "sheet.html").read_text()

    def test_when_labels_cannot_be_checked_the_rest_is_done_and_said(self, tmp_path, capsys):
        write(tmp_path / "set" / "only" / "1.png", scene(1))
        words = (
            "clean",
            tmp_path / "set",
            "--out",
            tmp_path / "out",
            "--detector",
            "whole",
            "--recipe",
            "object-classic",
        )
        status, out, _ = run(capsys, *words)
        assert status == 0 and "Labels were not checked: There is only one class, only" in out
        assert (tmp_path / "out" / "sheet.html").exists()

    def test_the_page_shows_names_as_text_and_loads_nothing(self, tmp_path, capsys):
        root = tmp_path / "set"
        evil = "<img src=x onerror=alert(1)>"
        write(root / evil / '"><script>alert(2)<script>.png', resizing.resize(scene(1), 40, 30))
        write(root / "b" / "1.png", scene(2))
        run(capsys, "clean", root, "--out", tmp_path / "out", "--detector", "whole", "--no-labels")
        page = (tmp_path / "out" / "sheet.html").read_text()
        assert evil not in page and "<script>alert" not in page and "&lt;img src=x" in page
        assert "default-src 'none'" in page and page.count("<script>") == 1
        assert not re.findall(r"(?:src|href)=\"(?!data:|#)", page)
