"""PyTorch files: tensors are read and nothing else is ever run."""

from __future__ import annotations

import os
import pickle
from pathlib import Path

import numpy as np
import pytest

from data_cleaning.errors import WeightsBroken
from model.weights.converters.torch_file import read_state
from tests.model.weights.converters.networks import pickled_tensor, text, torch_file


def file_of_one(state: bytes) -> bytes:
    """Return a file whose state is one value called w, over one storage of 12 numbers."""
    return torch_file({"w": state}, {"s": NUMBERS})


NUMBERS = np.arange(12, dtype="<f4")


@pytest.mark.parametrize(
    ("size", "stride", "offset", "expected"),
    [
        ((3, 4), (4, 1), 0, NUMBERS.reshape(3, 4)),
        ((4, 3), (1, 4), 0, NUMBERS.reshape(3, 4).T),
        ((2, 2), (2, 1), 5, NUMBERS[5:9].reshape(2, 2)),
        ((), (), 11, NUMBERS[11]),
        ((3, 4), (4, 1), 1, "does not lie inside its storage of 12 numbers"),
        ((2,), (1,), -1, "does not lie inside"),
        ((2,), (-1,), 3, "does not lie inside"),
        ((2,), (1 << 30,), 0, "does not lie inside"),
    ],
)
def test_tensors_are_read_inside_their_storage_only(
    size: tuple[int, ...], stride: tuple[int, ...], offset: int, expected: np.ndarray | str
) -> None:
    content = file_of_one(pickled_tensor(size, stride, offset, NUMBERS.size))
    if isinstance(expected, str):
        with pytest.raises(WeightsBroken, match=expected):
            read_state(content)
    else:
        np.testing.assert_array_equal(read_state(content)["w"], expected)


class RunsACommand:
    """A pickle of this leaves a file behind wherever it is loaded without care."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[object, ...]:
        return os.system, (f"touch {self.path}",)


@pytest.mark.parametrize(
    ("state", "asks_for"),
    [
        (b"cos\nsystem\n(" + text("true") + b"tR", "os.system"),
        (b"cbuiltins\neval\n(" + text("1") + b"tR", "builtins.eval"),
        (b"cnumpy\nload\n(" + text("x") + b"tR", "numpy.load"),
        (b"ctorch\nload\n(" + text("x") + b"tR", "torch.load"),
        (b"ccollections\nnamedtuple\n(" + text("x") + text("y") + b"tR", "collections.namedtuple"),
    ],
)
def test_a_pickle_that_names_anything_but_tensors_is_refused(state: bytes, asks_for: str) -> None:
    with pytest.raises(WeightsBroken, match=f"asks for {asks_for}, which is no tensor"):
        read_state(file_of_one(state))


def test_a_pickle_that_runs_a_command_is_refused_before_it_runs(tmp_path: Path) -> None:
    left_behind = tmp_path / "left_behind"
    attack = pickle.dumps(RunsACommand(left_behind))
    with pytest.raises(WeightsBroken, match=r"asks for \w+\.system"):
        read_state(attack)
    assert not left_behind.exists()
    pickle.loads(attack)
    assert left_behind.exists(), "the attack is a real one"


@pytest.mark.parametrize(
    ("cut", "message"), [(1, "has 55 bytes, expected 56"), (60, "not a plain PyTorch")]
)
def test_a_torch_file_cut_short_is_refused(cut: int, message: str) -> None:
    with pytest.raises(WeightsBroken, match=message):
        read_state(file_of_one(pickled_tensor((12,), (1,), 0, 12))[:-cut])
