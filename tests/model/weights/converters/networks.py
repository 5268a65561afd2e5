"""What tests of several converters share: file formats written by hand, and numpy's answers."""

from __future__ import annotations

import pickle
import struct
from collections.abc import Mapping

import numpy as np
import onnxruntime


def text(value: str) -> bytes:
    return b"X" + struct.pack("<I", len(value)) + value.encode()


def numbers(values: tuple[int, ...]) -> bytes:
    return b"(" + b"".join(b"J" + struct.pack("<i", value) for value in values) + b"t"


def pickled_tensor(
    size: tuple[int, ...], stride: tuple[int, ...], offset: int, length: int, key: str = "s"
) -> bytes:
    """Return the opcodes in which PyTorch describes a float tensor over the storage called
    `key`.
    """
    storage = b"(" + text("storage") + b"ctorch\nFloatStorage\n" + text(key) + text("cpu")
    view = b"J" + struct.pack("<i", offset) + numbers(size) + numbers(stride)
    described = (
        storage + numbers((length,))[1:-1] + b"NtQ" + view + b"\x89ccollections\nOrderedDict\n)R"
    )
    return b"ctorch._utils\n_rebuild_tensor_v2\n(" + described + b"tR"


def torch_file(state: Mapping[str, bytes], storages: Mapping[str, np.ndarray]) -> bytes:
    """Return a file in PyTorch's older stream format;
    `state` gives each value's opcodes by name.
    """
    headers = b"".join(pickle.dumps(header, protocol=2) for header in HEADERS)
    items = b"".join(text(name) + opcodes for name, opcodes in state.items())
    body = b"\x80\x02ccollections\nOrderedDict\n)R(" + items + b"u."
    keys = pickle.dumps(list(storages), protocol=2)
    return (
        headers
        + body
        + keys
        + b"".join(struct.pack("<q", s.size) + s.tobytes() for s in storages.values())
    )


HEADERS: tuple[object, ...] = (0x1950A86A20F9469CFC6C, 1001, {})


def convolve(x: np.ndarray, filters: np.ndarray, stride: int) -> np.ndarray:
    """Convolve (height, width, in) with (height, width, in, out) without padding, in float64."""
    windows = np.lib.stride_tricks.sliding_window_view(x, filters.shape[:2], axis=(0, 1))
    return np.einsum("hwcij,ijco->hwo", windows[::stride, ::stride], filters, optimize=True)


def run(content: bytes, x: np.ndarray) -> list[np.ndarray]:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(content, options, providers=["CPUExecutionProvider"])
    return [np.asarray(answer) for answer in session.run(None, {"input": x.astype(np.float32)})]


class Manifest:
    """Writes tensors as TensorFlow.js does, floats as uint8 codes,
    and keeps the values read back.
    """

    def __init__(self) -> None:
        self.entries: list[dict[str, object]] = []
        self.shard = b""
        self.values: dict[str, np.ndarray] = {}

    def put(self, name: str, value: np.ndarray) -> str:
        entry: dict[str, object] = {
            "name": name,
            "shape": list(value.shape),
            "dtype": str(value.dtype),
        }
        if value.dtype == np.float32 and value.size > 1:
            low, scale = float(value.min()), float(np.ptp(value)) / 255 or 1.0
            codes = np.round((value - low) / scale).astype(np.uint8)
            entry["quantization"] = {"dtype": "uint8", "min": low, "scale": scale}
            self.values[name], raw = codes * scale + low, codes.tobytes()
        else:
            self.values[name], raw = value, value.tobytes()
        self.entries.append(entry)
        self.shard += raw
        return name

    def groups(self, path: str) -> list[dict[str, object]]:
        return [{"paths": [path], "weights": self.entries}]
