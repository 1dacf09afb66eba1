# SPDX-License-Identifier: Apache-2.0
"""A model after loading: nodes, and values whose shapes are all known."""

from __future__ import annotations

import math
from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any

import numpy as np

Shape = tuple[int, ...]


@dataclass
class Value:
    """A tensor of the model. `data` is kept only where it may decide a shape or a constant."""

    name: str
    shape: Shape
    element_type: int  # of onnx.TensorProto
    constant: bool = False  # the same in every run: an initializer, or computed from such
    learned: bool = False  # an initializer of a floating-point type, or computed from one
    data: np.ndarray | None = None

    @property
    def size(self) -> int:
        return math.prod(self.shape)

    def scalar(self) -> float | None:
        """The value of a constant of one element whose value is known."""
        if self.constant and self.size == 1 and self.data is not None:
            return float(np.asarray(self.data).reshape(-1)[0])
        return None


@dataclass(eq=False)
class Node:
    """One operator of the model; attributes as Python values."""

    op: str
    name: str
    inputs: list[str]  # "" where an optional input is absent
    outputs: list[str]
    attributes: dict[str, Any] = field(default_factory=dict)
    domain: str = ""
    members: int = 1  # nodes of the model that it stands for

    def input(self, index: int) -> str:
        return self.inputs[index] if index < len(self.inputs) else ""


@dataclass
class Graph:
    """Nodes in an order in which each stands after those it reads."""

    file: str
    name: str
    opset: int
    nodes: list[Node]
    values: dict[str, Value]
    inputs: list[str]
    outputs: list[str]
    parameters: dict[str, int] = field(default_factory=dict)  # elements of each initializer read

    def __post_init__(self) -> None:
        self.index()

    def index(self) -> None:
        """Who makes and who reads each value, after nodes have changed."""
        self.producers = {output: node for node in self.nodes for output in node.outputs if output}
        self.consumers: dict[str, list[Node]] = defaultdict(list)
        for node in self.nodes:
            for name in dict.fromkeys(node.inputs):
                if name:
                    self.consumers[name].append(node)

    def replace(self, removed: list[Node], node: Node) -> bool:
        """Puts `node`, which makes what the last of the removed made, in their place.

        False, with nothing changed, where somebody else reads what one of the others makes.
        """
        for item in removed[:-1]:
            for output in item.outputs:
                if output in self.outputs or any(
                    reader not in removed for reader in self.consumers.get(output, [])
                ):
                    return False
        node.members = sum(item.members for item in removed)
        self.nodes[self.nodes.index(removed[-1])] = node
        for item in removed[:-1]:
            self.nodes.remove(item)
        self.index()
        return True

    def producer(self, name: str, op: str = "") -> Node | None:
        """The node that makes a value, if it is of that operator."""
        node = self.producers.get(name)
        return node if node is not None and op in ("", node.op) else None

    def only_consumer(self, name: str) -> Node | None:
        """The one node that reads a value, if nothing else does."""
        readers = self.consumers.get(name, [])
        return readers[0] if len(readers) == 1 and name not in self.outputs else None

    def scalar(self, name: str) -> float | None:
        value = self.values.get(name)
        return value.scalar() if value is not None else None
