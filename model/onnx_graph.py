"""An ONNX graph under construction: the one place where nodes and constants are put together.

Nothing here knows a network, a source format or a model of ours. The bytes depend on the calls
alone: no dates, no producer names.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

import numpy as np
import onnx
from numpy.typing import ArrayLike, DTypeLike
from onnx import TensorProto, helper, numpy_helper

# Opset 13 with IR 8 is what OpenCV 4.12 and every onnxruntime since 1.10 read.
OPSETS: Mapping[str, int] = {"": 13}
IR_VERSION = 8

Dimension: TypeAlias = int | str
"""A size, or the name of one that may change from run to run ("batch")."""

Shapes: TypeAlias = Mapping[str, Sequence[Dimension]]
"""The shapes of float32 inputs or outputs, by name."""

Attribute: TypeAlias = int | float | str | Sequence[int | float | str]


@dataclass
class OnnxGraph:
    """Nodes and constants in the order they are asked for; tensors are known by name.

    domains: does each node say its domain, ONNX's own too? A graph that mixes them does. In others
    it would be two bytes a node, and every file would have another hash.
    """

    name: str
    domains: bool = False
    nodes: list[onnx.NodeProto] = field(default_factory=list)
    constants: list[onnx.TensorProto] = field(default_factory=list)

    def add(
        self,
        operator: str,
        *inputs: str,
        output: str = "",
        domain: str = "",
        **attributes: Attribute,
    ) -> str:
        """Append a node with one output and return that output's name."""
        output = output or f"{operator}_{len(self.nodes)}"
        said = domain if domain or self.domains else None
        self._append(helper.make_node(operator, inputs, [output], domain=said), attributes)
        return output

    def add_outputs(
        self, operator: str, *inputs: str, outputs: int, domain: str = "", **attributes: Attribute
    ) -> list[str]:
        """Append a node with several outputs and return their names."""
        names = [f"{operator}_{len(self.nodes)}_{i}" for i in range(outputs)]
        self._append(helper.make_node(operator, inputs, names, domain=domain), attributes)
        return names

    def _append(self, node: onnx.NodeProto, attributes: Mapping[str, Attribute]) -> None:
        node.attribute.extend(
            helper.make_attribute(name, value) for name, value in sorted(attributes.items())
        )
        self.nodes.append(node)

    def constant(self, value: ArrayLike, dtype: DTypeLike | None = None) -> str:
        """Store an array (of its own number format, or another one) and return its name."""
        name = f"constant_{len(self.constants)}"
        # ascontiguousarray alone would turn a scalar into an array of one.
        array = np.asarray(value, dtype, order="C")
        self.constants.append(numpy_helper.from_array(array, name))
        return name

    def floats(self, value: ArrayLike) -> str:
        """Store float32 numbers and return the constant's name."""
        return self.constant(value, np.float32)

    def cast(self, x: str, to: int) -> str:
        """Append a change to a number format of TensorProto and return its output's name."""
        return self.add("Cast", x, to=to)

    def build(self, inputs: Shapes, outputs: Shapes, opsets: Mapping[str, int] = OPSETS) -> bytes:
        """Return the finished ONNX file. opsets: version by domain, "" is ONNX's own.

        Raises `onnx.checker.ValidationError` where the graph is not valid ONNX or contradicts those
        shapes.
        """
        model = self.model(inputs, outputs, opsets)
        onnx.checker.check_model(model, full_check=True)
        return bytes(model.SerializeToString(deterministic=True))

    def model(
        self, inputs: Shapes, outputs: Shapes, opsets: Mapping[str, int] = OPSETS
    ) -> onnx.ModelProto:
        """The graph as a model, not checked yet. opsets: version by domain, "" is ONNX's own."""
        graph = helper.make_graph(
            self.nodes, self.name, _declare(inputs), _declare(outputs), initializer=self.constants
        )
        imports = [helper.make_opsetid(domain, number) for domain, number in opsets.items()]
        return helper.make_model(graph, opset_imports=imports, ir_version=IR_VERSION)


def _declare(shapes: Shapes) -> list[onnx.ValueInfoProto]:
    return [
        helper.make_tensor_value_info(name, TensorProto.FLOAT, list(shape))
        for name, shape in shapes.items()
    ]
