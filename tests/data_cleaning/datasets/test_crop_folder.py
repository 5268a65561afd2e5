"""The command crop: what is written, what is left out and why, and what an interruption leaves."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest

from data_cleaning.datasets.dataset import Dataset
from data_cleaning.datasets.decisions import Decision
from data_cleaning.files import sha256_of_file
from data_cleaning.imaging import decoding
from tests.data_cleaning.commands import face, run
from tests.support.paths import ROOT
from tests.support.pictures import WEIGHTS, YUNET, needs_yunet, scene, tree, write


class TestCrop:
    def test_writes_crops_and_says_why_not_the_others(self, people, tmp_path, capsys):
        before = tree(people)
        status, out, _ = run(capsys, "crop", people, tmp_path / "crops")
        assert status == 1, "two files cannot be read"
        assert sorted(tree(tmp_path / "crops")) == ["eileen/portrait.png"]
        crop = decoding.read(tmp_path / "crops" / "eileen" / "portrait.png")
        assert crop.shape[0] == crop.shape[1] > 60
        assert (
            "could not be read" in out
            and "cat/text.png: This is not a picture" in out
            and "cat/cut.jpg: " in out
        )
        assert "cat/chelsea.png" in out and "eileen/small.png" in out
        assert "1 crops of 1 of 5 pictures" in out
        assert tree(people) == before

    def test_json_has_every_picture(self, people, tmp_path, capsys):
        _, out, _ = run(capsys, "crop", people, tmp_path / "crops", "--json")
        report = json.loads(out)
        results = {Path(p["picture"]).name: p["result"] for p in report["pictures"]}
        assert results == {
            "portrait.png": "cropped",
            "small.png": "nothing",
            "chelsea.png": "nothing",
            "text.png": "unreadable",
            "cut.jpg": "unreadable",
        }
        assert report["classes"]["eileen"]["cropped"] == 1

    @pytest.mark.parametrize(("options", "found"), [([], 0), (["--any"], 1)])
    def test_two_eyes_or_nothing_unless_asked(self, tmp_path, capsys, options, found):
        one_eyed = face().copy()
        cv2.rectangle(one_eyed, (70, 92), (125, 118), (90, 120, 170), -1)  # a plaster over one eye
        write(tmp_path / "set" / "a" / "1.png", one_eyed)
        _, out, _ = run(capsys, "crop", tmp_path / "set", tmp_path / "crops", *options, "--json")
        assert json.loads(out)["classes"]["a"]["cropped"] == found
        assert json.loads(out)["classes"]["a"]["one_eye"] == 1 - found

    def test_all_faces_sizes_and_smallest(self, tmp_path, capsys):
        write(tmp_path / "set" / "a" / "two.png", np.hstack([face(), face()]))
        run(
            capsys,
            "crop",
            tmp_path / "set",
            tmp_path / "crops",
            "--all-faces",
            "--size",
            "64",
            "--margin",
            "0.2",
        )
        assert sorted(tree(tmp_path / "crops")) == ["a/two-face2.png", "a/two.png"]
        assert {decoding.read(p).shape for p in (tmp_path / "crops").rglob("*.png")} == {
            (64, 64, 3)
        }
        _, out, _ = run(
            capsys, "crop", tmp_path / "set", tmp_path / "none", "--smallest", "200", "--json"
        )
        assert json.loads(out)["classes"]["a"]["too_small"] == 1

    def test_what_exists_is_kept_and_said(self, people, tmp_path, capsys):
        mine = tmp_path / "crops" / "eileen" / "portrait.png"
        mine.parent.mkdir(parents=True)
        mine.write_bytes(b"drawn by hand")
        _, out, _ = run(capsys, "crop", people, tmp_path / "crops")
        assert mine.read_bytes() == b"drawn by hand" and "have their crops already" in out
        run(capsys, "crop", people, tmp_path / "crops", "--overwrite")
        assert decoding.read(mine).shape[0] > 60

    def test_names_that_differ_only_in_suffix_do_not_meet(self, tmp_path, capsys):
        for name in ("1.png", "1.jpg"):
            write(tmp_path / "set" / "a" / name, scene(len(name)))
        run(capsys, "crop", tmp_path / "set", tmp_path / "crops", "--detector", "whole")
        assert sorted(tree(tmp_path / "crops")) == ["a/1.jpg.png", "a/1.png.png"]

    def test_obeys_decisions(self, people, tmp_path, capsys):
        portrait = people / "eileen" / "portrait.png"
        Dataset(people).decide(Decision(sha256_of_file(portrait), "move", to="cat"))
        run(capsys, "crop", people, tmp_path / "crops")
        assert sorted(tree(tmp_path / "crops")) == ["cat/portrait.png"]

    @pytest.mark.parametrize(
        ("words", "says"),
        [
            (["crop", "nowhere", "out"], "is not a folder"),
            (["crop", "{set}", "{set}/crops"], "lies inside"),
            (["crop", "{set}", "{set}/a/1.png"], "lies inside"),
            (
                ["crop", "{set}", "out", "--detector", "yunet_face", "--weights", "{set}"],
                "python -m model weights",
            ),
            (
                ["crop", "{set}", "out", "--detector", "yunet_face", "--weights", "{set}/a/1.png"],
                "1.png cannot be opened as a network",
            ),
            (["clean", "nowhere"], "is not a folder"),
            (["clean", "{set}", "--out", "{set}/a/1.png"], "Name another folder with --out"),
            (["clean", "{set}", "--labels", "nowhere.json"], "cannot be read"),
            (["clean", "{set}", "--labels", "{set}/a/1.png"], "no output of"),
            (["review", "{set}"], "python -m data_cleaning clean"),
            (["review", "{set}", "nowhere.jsonl"], "cannot be read"),
            (["review", "{set}", "--reject", "b/9.png"], "no picture b/9.png"),
            (["review", "{set}", "--move", "a/1.png", "zoe"], "no class 'zoe'; there are a, b"),
            (["collect", "{set}", "../x", "{set}/a"], "cannot name a class"),
            (["collect", "{set}", "_x", "{set}/a"], "cannot name a class"),
            (["collect", "{set}", "a", "nowhere"], "no folder, archive, picture"),
            (["collect", "{set}", "a", "http://127.0.0.1:1/x.png"], "could not be read"),
        ],
    )
    def test_what_cannot_be_done_is_one_sentence(self, tmp_path, capsys, monkeypatch, words, says):
        root = tmp_path / "set"
        for label in "ab":
            write(root / label / "1.png", scene(ord(label)))
        monkeypatch.chdir(tmp_path)
        status, _, complaint = run(capsys, *(w.format(set=root) for w in words))
        assert status in (1, 2)
        assert re.fullmatch(
            r"(.*\r)*error: .*\n", complaint.split("\n", complaint.count("\n") - 1)[-1]
        )
        assert says in complaint and "Traceback" not in complaint

    @needs_yunet
    def test_the_pretrained_detector_takes_its_file(self, people, tmp_path, capsys):
        for number, weights in enumerate((YUNET, WEIGHTS)):
            run(
                capsys,
                "crop",
                people,
                tmp_path / str(number),
                "--detector",
                "yunet_face",
                "--weights",
                weights,
            )
            assert "eileen/portrait.png" in tree(tmp_path / str(number))

    def test_interrupted_it_leaves_nothing_half_written_and_goes_on_later(self, tmp_path):
        root = tmp_path / "set"
        for n in range(60):
            write(root / "a" / f"{n:02}.png", scene(n, 90, 70))
        words = ["crop", root, tmp_path / "crops", "--detector", "whole"]
        child = subprocess.Popen(
            [sys.executable, "-c", HELD_UNTIL_INTERRUPTED, *words],
            cwd=ROOT,
            stderr=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert child.stdout and child.stdout.readline() == "held\n"
        assert list((tmp_path / "crops").rglob("*.part")), "it is caught while it writes"
        child.send_signal(signal.SIGINT)
        complaint = child.communicate(timeout=60)[1]
        assert child.returncode == 130 and "Traceback" not in complaint and "stopped" in complaint
        written = tree(tmp_path / "crops")
        assert 0 < len(written) < 60
        for name, data in written.items():
            assert name.endswith(".png") and decoding.decode(data).shape == (70, 90, 3)
        command = [sys.executable, "-m", "data_cleaning", *words]
        subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
        assert len(tree(tmp_path / "crops")) == 60


# `python -m data_cleaning`, held at the twentieth renaming until the interruption has emptied the
# queue. What is held then goes on, as a thread does that a signal does not reach.
HELD_UNTIL_INTERRUPTED = """
import itertools, pathlib, sys, threading
from concurrent.futures import ThreadPoolExecutor
from data_cleaning.__main__ import main

numbers, interrupted = itertools.count(1), threading.Event()
replace, shutdown = pathlib.Path.replace, ThreadPoolExecutor.shutdown

def replace_held(path, target):
    number = next(numbers)
    if number == 20:
        print("held", flush=True)
    if number >= 20:
        interrupted.wait()
    return replace(path, target)

def shutdown_noticed(pool, wait=True, *, cancel_futures=False):
    shutdown(pool, wait=wait and not cancel_futures, cancel_futures=cancel_futures)
    if cancel_futures:
        interrupted.set()

pathlib.Path.replace = replace_held
ThreadPoolExecutor.shutdown = shutdown_noticed
sys.exit(main())
"""
