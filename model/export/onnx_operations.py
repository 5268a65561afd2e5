"""Small operations that every part of an exported model uses."""

from __future__ import annotations

import numpy as np

from data_cleaning.errors import InputError
from model.onnx_graph import OnnxGraph


class ExportRefused(InputError):
    """This model cannot be written as ONNX, or the written one answers differently."""


def flipped(graph: OnnxGraph, x: str, axis: int) -> str:
    ends = [graph.constant([v], np.int64) for v in (-1, np.iinfo(np.int64).min, axis, -1)]
    return graph.add("Slice", x, *ends)


def unit(graph: OnnxGraph, x: str) -> str:
    length = graph.add("ReduceL2", x, axes=[1], keepdims=1)
    return graph.add("Div", x, graph.add("Max", length, graph.floats(1e-12)))


def columns(graph: OnnxGraph, x: str, start: int, end: int) -> str:
    return graph.add("Slice", x, *(graph.constant([v], np.int64) for v in (start, end, 1)))
