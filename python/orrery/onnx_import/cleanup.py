# SPDX-License-Identifier: Apache-2.0
"""Removes nodes that only hand a value on, and nodes that nothing needs."""

from __future__ import annotations

from orrery.onnx_import.ir import Graph, Node

# Hand their first input on. The types of elements, which casts change, are the workload's.
ALIASES = {"Identity", "Dropout", "Cast", "CastLike", "QuantizeLinear", "DequantizeLinear"}


def remove_aliases(graph: Graph, keep: set[str]) -> int:
    """Readers of an alias read its source; how many nodes went. Nodes named in `keep` stay."""
    source: dict[str, str] = {}
    nodes: list[Node] = []
    for node in graph.nodes:
        node.inputs = [source.get(name, name) for name in node.inputs]
        if node.op in ALIASES and node.name not in keep and node.op not in keep:
            source[node.outputs[0]] = node.inputs[0]
        else:
            nodes.append(node)
    removed = len(graph.nodes) - len(nodes)
    graph.nodes = nodes
    graph.outputs = [source.get(name, name) for name in graph.outputs]
    graph.index()
    return removed


def remove_unused(graph: Graph) -> int:
    """Drops nodes that no output depends on; how many went."""
    needed = set(graph.outputs)
    nodes: list[Node] = []
    for node in reversed(graph.nodes):
        if any(output in needed for output in node.outputs):
            nodes.append(node)
            needed.update(node.inputs)
    removed = len(graph.nodes) - len(nodes)
    graph.nodes = nodes[::-1]
    graph.index()
    return removed
