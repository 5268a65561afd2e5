"""Pretrained ONNX networks, run by onnxruntime: one session a file, one thread a session.

Sessions may be shared by threads. With two threads each, detecting and embedding on two cores was
slower than with one: worker processes and request threads use the cores instead.
"""

from __future__ import annotations

import threading
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from data_cleaning.errors import WeightsBroken

if TYPE_CHECKING:  # classic recipes must not pay for loading the runtime
    import onnxruntime

_lock = threading.Lock()
_sessions: dict[Path, onnxruntime.InferenceSession] = {}


def run(
    model: Path, batch: NDArray[np.float32], outputs: list[str] | None = None
) -> list[NDArray[np.float32]]:
    """The outputs (all, or those named) of the network of that file for one input array.

    Raises WeightsBroken where the file is no network, or not one that takes such an input.
    """
    from onnxruntime.capi.onnxruntime_pybind11_state import InvalidArgument

    session = _session(model)
    try:
        answers: list[NDArray[np.float32]] = session.run(
            outputs, {session.get_inputs()[0].name: np.ascontiguousarray(batch)}
        )
    except InvalidArgument as error:
        raise WeightsBroken(
            f"{model.name} does not work as the network that it should be."
        ) from error
    return answers


def _session(model: Path) -> onnxruntime.InferenceSession:
    with _lock:
        if model not in _sessions:
            _sessions[model] = _open(model)
        return _sessions[model]


def _open(model: Path) -> onnxruntime.InferenceSession:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 3
    # Its own store of memory, rather than the C library's: pictures of many sizes leave holes in
    # that one. Measured on 240 pictures of 40 sizes, finding and naming faces: 235 MB that stay,
    # instead of 292 to 312 that come and go.
    options.enable_cpu_mem_arena = True
    # A graph says itself what is in 8 bits. To look for more, the runtime would first give each
    # operator its own copy of what it reads: SFace would take a fifth longer.
    options.add_session_config_entry("session.disable_quant_qdq", "1")
    if not _multiplies_8_bits():
        # Sums that cannot overflow, in half as much again of the time: else a network in 8 bits
        # answers differently on such a processor.
        options.add_session_config_entry("session.x64quantprecision", "1")
    try:
        return onnxruntime.InferenceSession(str(model), options, providers=["CPUExecutionProvider"])
    except Exception as error:
        raise WeightsBroken(f"{model.name} cannot be opened as a network.") from error


def _multiplies_8_bits() -> bool:
    """Has the processor an instruction for sums of 8-bit products (VNNI)? No where nobody says."""
    try:
        return "vnni" in Path("/proc/cpuinfo").read_text("utf-8", "replace")
    except OSError:
        return False
