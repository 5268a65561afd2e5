"""To Label Studio and back: what was chosen there is decided here, and nothing else."""

from __future__ import annotations

import json
import xml.dom.minidom
from pathlib import Path

import pytest

from data_cleaning.datasets.dataset import Dataset
from data_cleaning.datasets.decisions import Decision
from data_cleaning.files import sha256_of_file
from data_cleaning.imaging.decoding import read
from data_cleaning.json_types import JsonObject
from tests.data_cleaning.commands import run
from tests.support.pictures import scene, write

LABELS = ("ada", "bob")
WHEN = "2026-01-02T10:00:00.000000Z"


@pytest.fixture
def people(tmp_path: Path) -> Path:
    for index, label in enumerate(LABELS):
        for number in range(4):
            write(tmp_path / "people" / label / f"{number}.png", scene(10 * index + number))
    Dataset(tmp_path / "people").decide(
        Decision(sha256_of_file(tmp_path / "people/ada/3.png"), "move", "ada", "bob")
    )
    return tmp_path / "people"


def exported(people: Path, capsys: pytest.CaptureFixture[str]) -> list[JsonObject]:
    out = people.parent / "out"
    code, _, told = run(capsys, "label-studio", "export", people, "--out", out)
    assert code == 0, told
    return list(json.loads((out / "tasks.json").read_text()))


def annotated(task: JsonObject, number: int, *choices: str, **more: object) -> JsonObject:
    """The task as Label Studio exports it when a person has chosen."""
    value = {"choices": list(choices)}
    result = [] if not choices else [
        {"id": "x1", "type": "choices", "from_name": "class", "to_name": "image",
         "origin": "manual", "value": value}
    ]  # fmt: skip
    annotation = {"id": number, "completed_by": 1, "was_cancelled": False, "result": result,
                  "created_at": WHEN, "updated_at": WHEN, "lead_time": 3.2, **more}  # fmt: skip
    return {"id": number, **task, "annotations": [annotation], "meta": {}, "project": 1}


def test_export_relabel_import(people: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Every kind of choice; the decisions are those that `review` would have made."""
    tasks = {task["data"]["file"]: task for task in exported(people, capsys)}
    assert len(tasks) == 8
    shown = tasks["ada/3.png"]["predictions"][0]["result"][0]["value"]
    assert shown == {"choices": ["bob"]}, "what was decided before is what is suggested"
    chosen = {
        "ada/0.png": "ada",
        "ada/1.png": "bob",
        "ada/2.png": "_reject",
        "ada/3.png": "ada",
        "bob/0.png": "_unknown",
        "bob/1.png": "_none",
    }
    back = [annotated(tasks[f], n, choice) for n, (f, choice) in enumerate(chosen.items())]
    back.append(annotated(tasks["bob/2.png"], 7))
    back.append(annotated(tasks["bob/3.png"], 8, "ada", was_cancelled=True))
    export = people.parent / "project-1.json"
    export.write_text(json.dumps(back))
    before = len(Dataset(people).decisions())
    command = ("label-studio", "import", people, export, "--json")
    code, out, _ = run(capsys, *command)
    assert (code, json.loads(out)) == (
        0,
        {"applied": 6, "known": 0, "unknown": 0, "open": 2, "unclear": []},
    )
    wanted = {
        "ada/0.png": ("keep", "ada", None),
        "ada/1.png": ("move", "ada", "bob"),
        "ada/2.png": ("reject", "ada", None),
        "ada/3.png": ("keep", "ada", None),
        "bob/0.png": ("move", "bob", "_unknown"),
        "bob/1.png": ("move", "bob", "_none"),
    }
    decided = {d.sha256: (d.action, d.label, d.to) for d in Dataset(people).decisions()[before:]}
    assert decided == {sha256_of_file(people / f): what for f, what in wanted.items()}
    again = json.loads(run(capsys, *command)[1])
    assert (again["applied"], again["known"]) == (0, 6)
    after = {t["data"]["file"]: t["predictions"][0]["result"][0] for t in exported(people, capsys)}
    assert {f: after[f]["value"]["choices"][0] for f in chosen} == chosen, "and round again"


def test_the_last_answer_counts(people: Path, capsys: pytest.CaptureFixture[str]) -> None:
    task = annotated(exported(people, capsys)[0], 1, "bob")
    later = annotated(task, 1, "_reject", updated_at="2026-02-02T10:00:00Z")["annotations"]
    export = people.parent / "p.json"
    export.write_text(json.dumps([{**task, "annotations": [*later, *task["annotations"]]}]))
    run(capsys, "label-studio", "import", people, export)
    assert Dataset(people).decisions()[-1].action == "reject"


def test_what_cannot_be_understood_is_said_and_the_rest_counts(
    people: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    tasks = exported(people, capsys)
    back = [annotated(tasks[0], 1, "ada", "bob"), annotated(tasks[1], 2, "carol"),
            annotated(tasks[2], 3, "bob"),
            annotated({"data": {"image": "/x.png"}, "predictions": []}, 4, "ada")]  # fmt: skip
    export = people.parent / "p.json"
    export.write_text(json.dumps(back))
    code, out, _ = run(capsys, "label-studio", "import", people, export)
    assert code == 1
    assert "ada/0.png: ada, bob" in out and "ada/1.png: carol" in out
    assert "1 decisions appended" in out and "1 are not in" in out


@pytest.mark.parametrize("content", ["{}", "[1]", "no json", '[{"image": "x", "class": "ada"}]'])
def test_what_is_no_export(people: Path, capsys: pytest.CaptureFixture[str], content: str) -> None:
    (people.parent / "p.json").write_text(content)
    code, _, told = run(capsys, "label-studio", "import", people, people.parent / "p.json")
    assert code == 2 and "error: " in told


def test_the_interface_is_xml_with_every_class(
    people: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (people / 'A & "B"').mkdir()
    write(people / 'A & "B"' / "1.png", scene(99))
    exported(people, capsys)
    read_back = xml.dom.minidom.parseString((people.parent / "out/interface.xml").read_text())
    values = [node.getAttribute("value") for node in read_back.getElementsByTagName("Choice")]
    assert values == ['A & "B"', "ada", "bob", "_unknown", "_none", "_reject"]


def test_pictures_and_marked_parts_are_collected(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Three tasks of pictures that lie beside the export, as Label Studio stores and names them."""
    write(tmp_path / "ls" / "0123abcd-one.png", scene(1))
    write(tmp_path / "ls" / "media" / "two.png", scene(2, 200, 100))
    box = {"x": 10.0, "y": 20.0, "width": 25.0, "height": 50.0, "rectanglelabels": ["ada"]}
    marked = [
        {"type": "rectanglelabels", "from_name": "box", "to_name": "image", "image_rotation": 0,
         "original_width": 200, "original_height": 100, "value": {**box, "rotation": turned}}
        for turned in (0, 30)
    ]  # fmt: skip
    tasks = [
        annotated({"data": {"image": "/data/upload/1/0123abcd-one.png"}}, 1, "ada"),
        annotated({"data": {"image": "/data/local-files/?d=x/two.png"}}, 2, "bob"),
        annotated({"data": {"image": "/data/upload/1/gone.png"}}, 3, "ada"),
    ]
    tasks[1]["annotations"][0]["result"] += marked
    (tmp_path / "ls" / "p.json").write_text(json.dumps(tasks))
    source = tmp_path / "ls" / "p.json"
    report = json.loads(run(capsys, "collect", tmp_path / "set", "ada", source, "--json")[1])
    counts = report["counts"]
    assert (counts["added"], counts["left_out"], counts["failed"]) == (2, 1, 1)
    sizes = {read(path).shape[:2] for path in (tmp_path / "set" / "ada").iterdir()}
    assert sizes == {(120, 160), (50, 50)}


def test_a_model_suggests(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], shapes_artifacts: Path, drawn_shapes: Path
) -> None:
    command = ("label-studio", "export", drawn_shapes, "--out", tmp_path, "--model", "shapes")
    run(capsys, *command, "--artifacts", shapes_artifacts)
    tasks = json.loads((tmp_path / "tasks.json").read_text())
    right = 0
    for task in tasks:
        (prediction,) = task["predictions"]
        assert prediction["model_version"] == "shapes 1" and 0 <= prediction["score"] <= 1
        found = {result["type"]: result["value"] for result in prediction["result"]}
        if found:
            right += found["choices"]["choices"] == [task["data"]["folder"]]
            assert {found["rectanglelabels"][name] for name in ("width", "height")} == {100.0}
    assert right > len(tasks) / 2
