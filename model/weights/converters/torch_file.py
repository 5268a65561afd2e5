"""Tensors out of a PyTorch weights file, without PyTorch and without running what the file asks to
run.

A pickle can name any function; the reader here knows four names and refuses every other. Only
PyTorch's older stream format is read: three headers, the pickled state, the storage keys, then the
raw storages.
"""

from __future__ import annotations

import io
import pickle
import struct
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from data_cleaning.errors import WeightsBroken

HEADERS = 3  # a magic number, the protocol version, the writing machine's sizes
STORAGE_TYPES = {"FloatStorage": np.dtype("<f4"), "LongStorage": np.dtype("<i8")}


def read_state(content: bytes) -> dict[str, np.ndarray]:
    """Return the tensors of a state dictionary by name, float32 or int64, each a copy of its own.

    Raises WeightsBroken where the pickle names anything but tensors, where a tensor reaches outside
    its storage, and where the file is cut short.
    """
    stream = io.BytesIO(content)
    storages: dict[str, _Storage] = {}
    try:
        for _ in range(HEADERS):
            _TensorUnpickler(stream, storages).load()
        state = _TensorUnpickler(stream, storages).load()
        keys = _TensorUnpickler(stream, storages).load()
    except (EOFError, pickle.UnpicklingError) as error:
        raise WeightsBroken(f"not a plain PyTorch weights file: {error}") from error
    contents = {key: _read_storage(stream, storages[key]) for key in keys}
    return {name: _array(tensor, contents) for name, tensor in state.items()}


@dataclass(frozen=True)
class _Storage:
    """A flat run of numbers that comes later in the file."""

    key: str
    dtype: np.dtype[np.generic]
    length: int


@dataclass(frozen=True)
class _Tensor:
    """A view of a storage: where it begins, its size and stride along each axis, counted in
    numbers.
    """

    storage: _Storage
    offset: int
    size: tuple[int, ...]
    stride: tuple[int, ...]


def _rebuild_tensor(
    storage: _Storage, offset: int, size: Sequence[int], stride: Sequence[int], *_: object
) -> _Tensor:
    return _Tensor(storage, offset, tuple(size), tuple(stride))


class _TensorUnpickler(pickle.Unpickler):
    """An unpickler that can build dictionaries of tensor descriptions and nothing else."""

    def __init__(self, stream: io.BytesIO, storages: dict[str, _Storage]) -> None:
        super().__init__(stream)
        self._storages = storages

    def find_class(self, module: str, name: str) -> object:
        if (module, name) == ("collections", "OrderedDict"):
            return OrderedDict
        if (module, name) == ("torch._utils", "_rebuild_tensor_v2"):
            return _rebuild_tensor
        if module == "torch" and name in STORAGE_TYPES:
            return STORAGE_TYPES[name]
        raise pickle.UnpicklingError(f"it asks for {module}.{name}, which is no tensor")

    def persistent_load(self, pid: tuple[str, np.dtype[np.generic], str, str, int]) -> _Storage:
        _, dtype, key, _, length = pid[:5]
        return self._storages.setdefault(key, _Storage(key, dtype, length))


def _read_storage(stream: io.BytesIO, storage: _Storage) -> np.ndarray:
    wanted = 8 + storage.length * storage.dtype.itemsize
    raw = stream.read(wanted)
    if len(raw) != wanted:
        raise WeightsBroken(f"storage {storage.key} has {len(raw)} bytes, expected {wanted}")
    (length,) = struct.unpack_from("<q", raw)
    if length != storage.length:
        raise WeightsBroken(
            f"storage {storage.key} holds {length} numbers, expected {storage.length}"
        )
    return np.frombuffer(raw, storage.dtype, length, 8)


def _array(tensor: _Tensor, contents: dict[str, np.ndarray]) -> np.ndarray:
    """Return a contiguous copy of the view; all of it must lie inside its storage."""
    steps = list(zip(tensor.size, tensor.stride, strict=True))
    last = tensor.offset + sum((size - 1) * stride for size, stride in steps)
    inside = tensor.offset >= 0 and all(size > 0 and stride >= 0 for size, stride in steps)
    if not inside or last >= tensor.storage.length:
        raise WeightsBroken(
            f"a tensor of size {tensor.size}, stride {tensor.stride} from number {tensor.offset} on"
            f" does not lie inside its storage of {tensor.storage.length} numbers"
        )
    storage = contents[tensor.storage.key]
    strides = [stride * storage.itemsize for stride in tensor.stride]
    return np.lib.stride_tricks.as_strided(storage[tensor.offset :], tensor.size, strides).copy()
