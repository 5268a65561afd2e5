"""A folder as a data set, and the decisions that are replayed over it."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from data_cleaning import files
from data_cleaning.datasets import dataset
from data_cleaning.datasets.class_names import NOTHING, UNKNOWN
from data_cleaning.datasets.dataset import Dataset, counts
from data_cleaning.datasets.decisions import DECISIONS, Decision
from data_cleaning.errors import DatasetError
from data_cleaning.files import sha256_of_file
from tests.support.pictures import scene, tree, write


@pytest.fixture
def root(tmp_path) -> Path:
    """Two classes and a stranger: alice/0, alice/1, bob/2, _unknown/3."""
    for number, folder in enumerate(("alice", "alice", "bob", UNKNOWN)):
        write(tmp_path / folder / f"{number}.png", scene(number))
    return tmp_path


def digest_of(root: Path, number: int) -> str:
    return sha256_of_file(next(root.rglob(f"{number}.png")))


def labels(root: Path) -> dict[str, str]:
    """File stem -> the label that it trains under."""
    return {item.path.stem: item.label for item in Dataset(root).items()}


AS_IT_LIES = {"0": "alice", "1": "alice", "2": "bob", "3": UNKNOWN}


@pytest.mark.parametrize(
    ("decided", "becomes"),
    [
        pytest.param([], {}, id="nothing decided"),
        pytest.param([(0, "keep", "alice", None)], {}, id="keep"),
        pytest.param([(0, "reject", None, None)], {"0": None}, id="reject"),
        pytest.param([(0, "not_a_face", None, None)], {"0": None}, id="not a face"),
        pytest.param([(0, "move", None, "bob")], {"0": "bob"}, id="move"),
        pytest.param(
            [(0, "move", None, "carol")], {"0": "carol"}, id="move to a class without a folder"
        ),
        pytest.param([(0, "move", None, NOTHING)], {"0": NOTHING}, id="move to nobody"),
        pytest.param([(0, "not", "alice", None)], {"0": UNKNOWN}, id="not alice"),
        pytest.param([(0, "not", None, None)], {"0": UNKNOWN}, id="not what its folder says"),
        pytest.param([(0, "not", "bob", None)], {}, id="not bob, which nobody said"),
        pytest.param([(3, "move", None, "bob")], {"3": "bob"}, id="a stranger who is bob"),
        pytest.param(
            [(0, "reject", None, None), (0, "keep", None, None)], {}, id="the last word counts"
        ),
        pytest.param(
            [(0, "move", None, "bob"), (0, "not", "bob", None)],
            {"0": UNKNOWN},
            id="moved, then not there",
        ),
        pytest.param(
            [(0, "move", None, "bob"), (0, "not", "alice", None)],
            {"0": "bob"},
            id="moved, and not alice",
        ),
        pytest.param(
            [(0, "move", None, "bob"), (0, "keep", "alice", None)], {}, id="moved, and back"
        ),
        pytest.param(
            [(0, "reject", None, None), (2, "reject", None, None)],
            {"0": None, "2": None},
            id="two pictures",
        ),
    ],
)
def test_decisions_are_replayed(root, decided, becomes):
    before = tree(root)
    Dataset(root).decide(
        *(Decision(digest_of(root, n), action, label, to) for n, action, label, to in decided)
    )
    expected = {k: v for k, v in (AS_IT_LIES | becomes).items() if v is not None}
    assert labels(root) == expected
    after = tree(root)
    after.pop(DECISIONS, None)
    assert after == before


def test_decisions_follow_the_picture_not_its_name(root):
    Dataset(root).decide(Decision(digest_of(root, 0), "move", to="bob"))
    (root / "alice" / "0.png").rename(root / "alice" / "renamed.png")
    assert labels(root)["renamed"] == "bob"


def test_exact_copies_in_two_classes_are_settled_by_one_keep(root):
    (root / "bob" / "copy.png").write_bytes((root / "alice" / "0.png").read_bytes())
    Dataset(root).decide(Decision(digest_of(root, 0), "keep", "alice"))
    assert labels(root) == AS_IT_LIES | {"copy": "alice"}


@pytest.mark.parametrize(
    ("values", "says"),
    [
        ({"action": "delete"}, "no decision 'delete'; it must be one of keep"),
        ({"sha256": "abc"}, "64 hex digits"),
        ({"sha256": "Z" * 64}, "64 hex digits"),
        ({"sha256": 7}, "64 hex digits"),
        ({"action": "move"}, "must say where to"),
        ({"action": "move", "to": "../../etc"}, "without slashes"),
        ({"action": "move", "to": ".hidden"}, "without slashes and a dot"),
        ({"action": "move", "to": ["bob"]}, "without slashes"),
        ({"label": "a\nb"}, "without slashes"),
        ({"label": ""}, "without slashes"),
    ],
)
def test_impossible_decisions_are_refused(values, says):
    with pytest.raises(DatasetError, match=says):
        Decision(**({"sha256": "0" * 64, "action": "keep"} | values))


def test_a_line_cut_by_a_crash_is_passed_over_and_the_next_one_is_whole(root):
    data = Dataset(root)
    data.decide(Decision(digest_of(root, 0), "reject", note="über\u2028two lines"))
    path = root / DECISIONS
    whole = path.read_bytes()
    for cut in range(1, len(whole) - 1):
        path.write_bytes(whole + whole[:cut])
        assert [d.action for d in data.decisions()] == ["reject"], cut
    path.write_bytes(whole + whole[:-30])
    data.decide(Decision(digest_of(root, 1), "keep"))
    assert [d.action for d in data.decisions()] == ["reject", "keep"]
    assert data.decisions()[0].note == "über\u2028two lines"


def test_a_last_line_without_its_newline_counts(root):
    data = Dataset(root)
    data.decide(Decision(digest_of(root, 0), "reject"))
    path = root / DECISIONS
    path.write_bytes(path.read_bytes().rstrip(b"\n"))
    data.decide(Decision(digest_of(root, 1), "keep"))
    assert [d.action for d in data.decisions()] == ["reject", "keep"]


@pytest.mark.parametrize(
    "line", [b"not json", b'["a"]', b'{"sha256": "00"}', b'{"who": 1}', b"\xff\xfe"]
)
def test_a_spoilt_line_in_the_middle_is_an_error_that_names_it(root, line):
    data = Dataset(root)
    data.decide(Decision(digest_of(root, 0), "reject"))
    path = root / DECISIONS
    path.write_bytes(path.read_bytes() + line + b"\n" + path.read_bytes())
    with pytest.raises(DatasetError, match=r"Line 2 of decisions\.jsonl"):
        data.decisions()


def test_many_writers_lose_nothing(root):
    data = Dataset(root)
    with ThreadPoolExecutor(8) as pool:
        list(
            pool.map(
                lambda n: data.decide(Decision(f"{n:064x}", "keep", note="x" * 3000)), range(120)
            )
        )
    assert sorted(int(d.sha256, 16) for d in data.decisions()) == list(range(120))


def test_decisions_made_while_others_are_withdrawn_are_kept(root):
    data = Dataset(root)
    alice = [Decision(f"{n:064x}", "keep", "alice") for n in range(100)]
    bob = [Decision(f"{n:064x}", "keep", "bob") for n in range(100, 200)]
    with ThreadPoolExecutor(8) as pool:
        written = pool.map(
            data.decide, [decision for pair in zip(alice, bob, strict=True) for decision in pair]
        )
        gone = pool.map(
            lambda _: data.withdraw(lambda decision: decision.label == "alice"), range(60)
        )
        list(written)
    removed = sum(gone) + data.withdraw(lambda decision: decision.label == "alice")
    assert removed == 100
    assert sorted(int(d.sha256, 16) for d in data.decisions()) == list(range(100, 200))
    assert not list(root.glob("*.part"))
    assert not list(root.glob(".*.part"))


@pytest.mark.parametrize(
    ("tail", "left"),
    [
        pytest.param(b"", b"", id="whole"),
        pytest.param(b'{"sha256": "alice', b"", id="a line cut by a crash goes: it may name them"),
        pytest.param(
            b"no decision\n",
            b"no decision\n",
            id="what is no decision stays, for it is not ours to judge",
        ),
    ],
)
def test_withdrawing_leaves_every_other_line_as_it_was(root, tail, left):
    data = Dataset(root)
    data.decide(Decision(digest_of(root, 2), "keep", "bob", note="über\u2028two lines"))
    kept = (root / DECISIONS).read_bytes()
    data.decide(
        Decision(digest_of(root, 0), "move", to="alice"), Decision(digest_of(root, 1), "reject")
    )
    with (root / DECISIONS).open("ab") as file:
        file.write(tail)
    gone = digest_of(root, 1)
    assert data.withdraw(lambda decision: decision.to == "alice" or decision.sha256 == gone) == 2
    assert (root / DECISIONS).read_bytes() == kept + left


def test_a_line_is_what_others_read(root):
    Dataset(root).decide(
        Decision("a" * 64, "move", "alice", "bob", "me", "why", "2026-01-01T00:00:00+00:00")
    )
    assert json.loads((root / DECISIONS).read_text("utf-8")) == {
        "time": "2026-01-01T00:00:00+00:00",
        "sha256": "a" * 64,
        "action": "move",
        "label": "alice",
        "to": "bob",
        "by": "me",
        "note": "why",
    }


def test_what_counts_as_a_picture(root):
    for name in ("notes.txt", "labels.csv", ".hidden.png", "x.part"):
        (root / "alice" / name).write_bytes(b"no picture")
    write(root / "alice" / "more" / "deeper.png", scene(9))
    write(root / "_cleaning" / "thumb.png", scene(9))
    write(root / ".cache" / "thumb.png", scene(9))
    (root / "bob" / "no_suffix").write_bytes(b"perhaps a picture")
    data = Dataset(root)
    assert data.classes() == ["alice", "bob"]
    assert [p.name for p in data.pictures("alice")] == ["0.png", "1.png", "deeper.png"]
    assert [p.name for p in data.pictures("bob")] == ["2.png", "no_suffix"]
    assert counts(data.items()) == {UNKNOWN: 1, "alice": 3, "bob": 2}


def test_one_unreadable_file_does_not_end_everything(root, monkeypatch):
    real = files.sha256_of_file

    def refuse(
        path: Path,
    ) -> str:  # as an unreadable file does; the tests may run as root, who can read all
        if path.name == "1.png":
            raise PermissionError(13, "Permission denied")
        return real(path)

    monkeypatch.setattr(files, "sha256_of_file", refuse)
    items = {item.path.name: item for item in Dataset(root).items()}
    assert items["1.png"].sha256 == "" and len(items) == 4


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda root: root / "nowhere", "is not a folder"),
        (lambda root: write(root / "empty" / "flat.png", scene(0)).parent, "no class folders"),
        (lambda root: (root / "carol").mkdir() or root, "no pictures: carol"),
    ],
)
def test_what_is_no_data_set_says_what_to_do(root, make, says):
    with pytest.raises(DatasetError, match=says):
        Dataset(make(root)).items()


def test_the_digest_is_of_labels_and_pictures_alone(root):
    before = dataset.digest(Dataset(root).items())
    (root / "alice" / "0.png").rename(root / "alice" / "other name.png")
    assert dataset.digest(Dataset(root).items()) == before
    Dataset(root).decide(Decision(digest_of(root, 1), "move", to="bob"))
    assert dataset.digest(Dataset(root).items()) != before


def test_groups_are_read_from_the_data_set(drawn_shapes: Path, tmp_path: Path) -> None:
    (tmp_path / "disc").symlink_to(drawn_shapes / "disc")
    (tmp_path / "groups.csv").write_text(
        "file,brand,group\ndisc/0.png,x,g1\ndisc/1.png,x,g1\ndisc/2.png,x,\ngone.png,,g9\n"
    )
    items = {item.path.name: item.group for item in Dataset(tmp_path).items()}
    assert (items["0.png"], items["1.png"], items["2.png"], items["3.png"]) == (
        "g1",
        "g1",
        None,
        None,
    )
    (tmp_path / "groups.csv").write_text("file,leak_group\ndisc/0.png,g1\n")
    with pytest.raises(DatasetError, match="columns file and group"):
        Dataset(tmp_path).items()
