# SPDX-License-Identifier: Apache-2.0
"""Operators on quantized tensors as the operators that they are.

Element types are the workload's, and a product's write-out rescales to the type of its result:
scales and zero points are part of it, whether the model writes them as nodes or as operands.
"""

from __future__ import annotations

from orrery.onnx_import.ir import Graph

# What each is, and which of its inputs are the operands.
OPERANDS = {
    "QLinearConv": ("Conv", (0, 3, 8)),
    "QLinearMatMul": ("MatMul", (0, 3)),
    "ConvInteger": ("Conv", (0, 1)),
    "MatMulInteger": ("MatMul", (0, 1)),
}


def replace_quantized(graph: Graph, keep: set[str]) -> None:
    """Nodes named in `keep` stay as they are."""
    for node in graph.nodes:
        if node.op not in OPERANDS or node.name in keep or node.op in keep:
            continue
        node.op, operands = OPERANDS[node.op]
        node.inputs = [node.input(index) for index in operands if node.input(index)]
        for name in node.inputs[1:]:
            value = graph.values[name]
            value.learned = value.learned or (value.constant and value.size > 1)
    graph.index()
