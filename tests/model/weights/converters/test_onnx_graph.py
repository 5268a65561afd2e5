"""What the files of all converters share."""

from __future__ import annotations

import pytest

from model.onnx_graph import OnnxGraph


@pytest.mark.parametrize("domains", [False, True])
def test_nodes_say_their_domain_only_where_a_graph_mixes_them(domains: bool) -> None:
    """Else two bytes a node change the hash of every converted file."""
    graph = OnnxGraph("g", domains=domains)
    graph.add("Relu", "x")
    assert graph.nodes[0].HasField("domain") is domains
