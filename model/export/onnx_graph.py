"""An ONNX graph under construction, and the small operations that every part of an exported model
uses.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import onnx
from onnx import helper, numpy_helper

from data_cleaning.errors import InputError


class ExportRefused(InputError):
    """This model cannot be written as ONNX, or the written one answers differently."""


@dataclass
class Graph:
    """Nodes and constants under construction; every method adds to them and returns the name of its
    result.
    """

    nodes: list[onnx.NodeProto] = field(default_factory=list)
    constants: list[onnx.TensorProto] = field(default_factory=list)

    def add(
        self, kind: str, *inputs: str, outputs: int = 1, domain: str = "", **attributes: Any
    ) -> Any:
        """One operation; its only result's name, or a list of names."""
        names = [f"{kind}_{len(self.nodes)}_{i}" for i in range(outputs)]
        self.nodes.append(helper.make_node(kind, list(inputs), names, domain=domain, **attributes))
        return names[0] if outputs == 1 else names

    def constant(self, value: Any, dtype: Any = np.float32) -> str:
        """A constant array."""
        name = f"constant_{len(self.constants)}"
        self.constants.append(numpy_helper.from_array(np.asarray(value, dtype), name))
        return name

    def cast(self, x: str, to: int) -> str:
        return self.add("Cast", x, to=to)


def flipped(graph: Graph, x: str, axis: int) -> str:
    ends = [graph.constant([v], np.int64) for v in (-1, np.iinfo(np.int64).min, axis, -1)]
    return graph.add("Slice", x, *ends)


def unit(graph: Graph, x: str) -> str:
    length = graph.add("ReduceL2", x, axes=[1], keepdims=1)
    return graph.add("Div", x, graph.add("Max", length, graph.constant(1e-12)))


def columns(graph: Graph, x: str, start: int, end: int) -> str:
    return graph.add("Slice", x, *(graph.constant([v], np.int64) for v in (start, end, 1)))
