# SPDX-License-Identifier: Apache-2.0
"""What a converter works with, and what it may say."""

from __future__ import annotations

import math
from dataclasses import dataclass

from orrery.onnx_import.emitter import Emitter, Tensor
from orrery.onnx_import.ir import Graph, Node, Shape, Value
from orrery.onnx_import.layout import Order, channels_last, physical_shape, same_bytes


class UnsupportedError(Exception):
    """A form of a known operator that cannot be expressed."""

    def __init__(self, message: str, expected: str = "", suggestion: str = ""):
        super().__init__(message)
        self.message = message
        self.expected = expected
        self.suggestion = suggestion


@dataclass
class Context:
    """The model, and the workload that is written."""

    graph: Graph
    emitter: Emitter

    def value(self, name: str) -> Value:
        return self.graph.values[name]

    def shape(self, name: str) -> Shape:
        return self.graph.values[name].shape

    def is_constant(self, name: str) -> bool:
        return bool(name) and self.graph.values[name].constant

    def integers(self, node: Node, index: int, key: str = "") -> list[int] | None:
        """A list that newer versions of an operator take as an input, older as an attribute."""
        if node.input(index):
            value = self.value(node.input(index))
            if value.data is None:
                raise UnsupportedError(f"input '{value.name}' depends on the inputs", "a constant")
            return [int(item) for item in value.data.reshape(-1)]
        found = node.attributes.get(key) if key else None
        return None if found is None else list(found)

    def order_of(self, name: str) -> Order:
        """The order in which a value lies."""
        return self.emitter.read(name).order

    def image(self, name: str) -> Tensor:
        """[N, C, H, W] or [N, C, L] as an image N, H, W, C."""
        shape = self.shape(name)
        if len(shape) not in (3, 4):
            raise UnsupportedError(
                f"its input has {len(shape)} dimensions", "[N, C, H, W] or [N, C, L]"
            )
        tensor = self.emitter.read(name, channels_last(len(shape))).tensor
        if len(shape) == 3:
            n, length, channels = tensor.shape
            return self.emitter.view(tensor, (n, 1, length, channels))
        return tensor

    def put_image(self, name: str, tensor: Tensor) -> None:
        """The opposite of image()."""
        self.emitter.put(name, tensor, channels_last(len(self.shape(name))))

    def image_shape(self, name: str) -> Shape:
        """The shape N, H, W, C of a value seen as an image."""
        shape = self.shape(name)
        physical = physical_shape(shape, channels_last(len(shape)))
        return physical if len(shape) == 4 else (physical[0], 1, *physical[1:])

    def with_innermost(self, name: str, axes: list[int]) -> Order:
        """An order in which these axes are innermost, that of the value if it is one."""
        shape, order = self.shape(name), self.order_of(name)
        outer = [axis for axis in order if axis not in axes]
        wanted = (*outer, *axes)
        if same_bytes(shape, order, wanted):
            return wanted
        return (*sorted(outer), *axes)


def pair(sizes: list[int] | None, default: int) -> list[int]:
    """One size for each of height and width; of an image of height 1 where only one is given."""
    if not sizes:
        return [default, default]
    return [default, *sizes] if len(sizes) == 1 else list(sizes)


def product(sizes: Shape | list[int]) -> int:
    return math.prod(sizes)
