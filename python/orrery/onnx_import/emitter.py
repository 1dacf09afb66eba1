# SPDX-License-Identifier: Apache-2.0
"""The workload that is being written: operators over tensors whose layout is known."""

from __future__ import annotations

import json
from dataclasses import dataclass, field

import numpy as np

from orrery.onnx_import.ir import Graph, Node, Shape
from orrery.onnx_import.layout import (
    Order,
    channels_last,
    permutation,
    physical_shape,
    reshaped_order,
    row_major,
    same_bytes,
)


@dataclass(frozen=True)
class Tensor:
    """A tensor of the workload, row-major."""

    name: str
    shape: Shape


@dataclass(frozen=True)
class Located:
    """Where a value of the model lies: a tensor and the order of its dimensions."""

    tensor: Tensor
    order: Order


@dataclass
class Emitter:
    """Collects the operators, inputs and parameters of a workload of `kind: graph`."""

    graph: Graph
    operators: list[dict[str, object]] = field(default_factory=list)
    inputs: dict[str, Shape] = field(default_factory=dict)
    parameters: dict[str, Shape] = field(default_factory=dict)
    located: dict[str, Located] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.names: set[str] = set()
        self.copies: dict[tuple[str, Order], Tensor] = {}
        self.bases: dict[str, Tensor] = {}  # of views
        self.constants: dict[str, np.ndarray] = {}  # what the importer computed, by tensor

    def unique(self, wanted: str) -> str:
        """A name that nothing has yet."""
        name, number = wanted, 2
        while name in self.names:
            name, number = f"{wanted}_{number}", number + 1
        self.names.add(name)
        return name

    def operator(
        self, kind: str, name: str, inputs: list[Tensor], size: Shape, /, **keys: object
    ) -> Tensor:
        """Adds an operator with an output of that physical shape."""
        result = Tensor(self.unique(name), tuple(size))
        entry: dict[str, object] = {"kind": kind, "name": result.name}
        if inputs:
            entry["inputs"] = [tensor.name for tensor in inputs]
        entry.update({key: value for key, value in keys.items() if value is not None})
        self.operators.append(entry)
        return result

    def input(self, name: str, shape: Shape) -> Tensor:
        tensor = Tensor(self.unique(name), tuple(shape))
        self.inputs[tensor.name] = tensor.shape
        return tensor

    def parameter(self, name: str, shape: Shape) -> Tensor:
        tensor = Tensor(self.unique(name), tuple(shape))
        self.parameters[tensor.name] = tensor.shape
        return tensor

    def constant(self, name: str, array: np.ndarray) -> Tensor:
        """Numbers that the model does not hold; they are read like an input."""
        tensor = self.input(name, array.shape)
        self.constants[tensor.name] = array
        return tensor

    def view(self, tensor: Tensor, shape: Shape) -> Tensor:
        """The same bytes under another shape."""
        base = self.bases.get(tensor.name, tensor)
        for same in (tensor, base):
            if same.shape == tuple(shape):
                return same
        result = self.operator("reshape", f"{base.name}.view", [base], shape, shape=list(shape))
        self.bases[result.name] = base
        return result

    def drop_unread_views(self) -> None:
        """Views that nothing reads, as at the outputs of the model."""
        read = {name for operator in self.operators for name in operator.get("inputs", [])}
        self.operators = [
            operator
            for operator in self.operators
            if operator["kind"] != "reshape" or operator["name"] in read
        ]

    def read(self, name: str, order: Order | None = None) -> Located:
        """A value, in that order: elements are moved only where they must."""
        located = self.located[name] if name in self.located else self.given(name, order)
        if order is None or located.order == order:
            return located
        shape = self.graph.values[name].shape
        wanted = physical_shape(shape, order)
        if same_bytes(shape, located.order, order):
            return Located(self.view(located.tensor, wanted), order)
        moved = tuple(permutation(located.order, order))
        key = (located.tensor.name, moved)
        if key not in self.copies:
            self.copies[key] = self.operator(
                "transpose",
                f"{located.tensor.name}.transposed",
                [located.tensor],
                wanted,
                permutation=list(moved),
            )
        return Located(self.copies[key], order)

    def given(self, name: str, order: Order | None) -> Located:
        """An input of the model, or a constant: it comes in the order in which it is first read."""
        value = self.graph.values[name]
        if order is None:
            image = feeds_image_operators(self.graph, name)
            order = (channels_last if image else row_major)(len(value.shape))
        shape = physical_shape(value.shape, order) or (1,)
        if value.constant and value.learned:
            located = Located(self.parameter(name, shape), order)
        else:
            located = Located(self.input(name, shape), order)
        self.located[name] = located
        return located

    def rows(self, name: str) -> Tensor:
        """A value in row-major order."""
        return self.read(name, row_major(len(self.graph.values[name].shape))).tensor

    def put(self, name: str, tensor: Tensor, order: Order | None = None) -> None:
        """Says where a value of the model lies."""
        shape = self.graph.values[name].shape
        order = order if order is not None else row_major(len(shape))
        self.located[name] = Located(self.view(tensor, physical_shape(shape, order)), order)

    def reshape(self, node: Node, any_inside: bool = False) -> None:
        """The output holds the elements of the first input in the same logical order."""
        source, result = node.inputs[0], node.outputs[0]
        old, new = self.graph.values[source].shape, self.graph.values[result].shape
        located = self.read(source)
        order = reshaped_order(old, located.order, new, any_inside)
        if order is None:
            order, located = row_major(len(new)), self.read(source, row_major(len(old)))
        self.put(result, located.tensor, order)


IMAGE_OPERATORS = {
    "Conv",
    "ConvTranspose",
    "MaxPool",
    "AveragePool",
    "GlobalMaxPool",
    "GlobalAveragePool",
    "LRN",
    "InstanceNormalization",
    "GroupNormalization",
}
MOST_STEPS = 8  # of what is looked through between an input and an image operator


def feeds_image_operators(graph: Graph, name: str, steps: int = MOST_STEPS) -> bool:
    """Whether a value reaches a convolution or pooling through operators that keep its shape."""
    shape = graph.values[name].shape
    if steps == 0 or len(shape) not in (3, 4):
        return False
    return any(
        (reader.op in IMAGE_OPERATORS and reader.inputs[0] == name)
        or (
            graph.values[reader.outputs[0]].shape == shape
            and feeds_image_operators(graph, reader.outputs[0], steps - 1)
        )
        for reader in graph.consumers.get(name, [])
        if reader.op not in ("Reshape", "Transpose", "MatMul")
    )


def workload_text(emitter: Emitter, name: str, origin: dict[str, object]) -> str:
    """The workload file; JSON inside YAML, one operator a line."""

    def flow(value: object) -> str:
        return json.dumps(value, ensure_ascii=False)

    lines = ["kind: graph", f"name: {flow(name)}", "origin:"]
    lines += [f"  {key}: {flow(value)}" for key, value in origin.items()]
    lines.append("inputs:" if emitter.inputs else "inputs: {}")
    for key, shape in emitter.inputs.items():
        lines.append(f"  {flow(key)}: {flow({'shape': list(shape)})}")
    if emitter.parameters:
        lines.append("parameters:")
        for key, shape in emitter.parameters.items():
            lines.append(f"  {flow(key)}: {flow({'shape': list(shape)})}")
    lines.append("operators:")
    lines += [f"  - {flow(operator)}" for operator in emitter.operators]
    return "\n".join(lines) + "\n"
