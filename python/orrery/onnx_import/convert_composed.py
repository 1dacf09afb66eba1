# SPDX-License-Identifier: Apache-2.0
"""Operators that a workload does not have, as several that it has.

Statistics over windows or groups become pooling and reductions; what lies between is element-wise.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from orrery.onnx_import.context import Context, UnsupportedError
from orrery.onnx_import.convert_image import pad_image
from orrery.onnx_import.convert_vector import broadcast_operand, with_scalar
from orrery.onnx_import.emitter import Tensor
from orrery.onnx_import.ir import Node, Shape


@dataclass
class Steps:
    """The operators that one node becomes: numbered after it, the last one has its name."""

    context: Context
    node: Node
    made: int = 0

    def name(self, last: bool) -> str:
        self.made += 1
        return self.node.name if last else f"{self.node.name}.{self.made}"

    def apply(self, function: str, *operands: Tensor, last: bool = False, **keys: object) -> Tensor:
        """An element-wise function; the first operand has the shape of the result."""
        return self.context.emitter.operator(
            "elementwise",
            self.name(last),
            list(operands),
            operands[0].shape,
            function=function,
            **keys,
        )

    def scalar(self, function: str, tensor: Tensor, number: float) -> Tensor:
        return with_scalar(self.context, self.name(False), tensor, function, number)

    def mean(self, tensor: Tensor, axes: list[int]) -> Tensor:
        return self.reduce("mean", tensor, axes)

    def reduce(self, function: str, tensor: Tensor, axes: list[int]) -> Tensor:
        kept = tuple(1 if axis in axes else size for axis, size in enumerate(tensor.shape))
        return self.context.emitter.operator(
            "reduction",
            self.name(False),
            [tensor],
            kept,
            function=function,
            axes=axes,
            keep_dimensions=True,
        )


def local_response(context: Context, node: Node) -> None:
    """LRN: x * (bias + alpha * mean of squares over `size` channels) ^ -beta.

    The mean is a pooling of rows over the channels, in which padding counts.
    """
    attributes = node.attributes
    size = int(attributes["size"])
    steps, emitter = Steps(context, node), context.emitter
    order = context.with_innermost(node.inputs[0], [1])
    x = emitter.read(node.inputs[0], order).tensor
    channels = x.shape[-1]
    rows: Shape = (1, int(np.prod(x.shape[:-1])), channels, 1)
    squares = emitter.view(steps.apply("power", x, exponent=2.0), rows)
    before = (size - 1) // 2
    if size > 1:
        squares = pad_image(context, node.name, squares, [0, before, 0, size - 1 - before])
    mean = emitter.operator(
        "pooling", steps.name(False), [squares], rows, function="average", kernel=[1, size]
    )
    scaled = steps.scalar("multiply", mean, float(attributes.get("alpha", 1e-4)))
    shifted = steps.scalar("add", scaled, float(attributes.get("bias", 1.0)))
    factor = steps.apply("power", shifted, exponent=-float(attributes.get("beta", 0.75)))
    result = steps.apply("multiply", x, emitter.view(factor, x.shape), last=True)
    emitter.put(node.outputs[0], result, order)


def group_normalization(context: Context, node: Node) -> None:
    """(x - mean) / sqrt(variance + epsilon) over each group of channels, scaled and shifted.

    InstanceNormalization has one channel a group. Scale and bias are given for each group
    (version 18), each channel (version 21), or not at all (recognised in several nodes).
    """
    emitter, steps = context.emitter, Steps(context, node)
    located = emitter.read(node.inputs[0])
    shape, place = located.tensor.shape, located.order.index(1)
    groups = int(node.attributes.get("num_groups", shape[place]))
    split: Shape = (*shape[:place], groups, shape[place] // groups, *shape[place + 1 :])
    batch = located.order.index(0) + (1 if located.order.index(0) > place else 0)
    axes = [axis for axis in range(len(split)) if axis not in (batch, place)]
    x = emitter.view(located.tensor, split)
    centred = steps.apply("subtract", x, steps.mean(x, axes))
    variance = steps.mean(steps.apply("power", centred, exponent=2.0), axes)
    shifted = steps.scalar("add", variance, float(node.attributes.get("epsilon", 1e-5)))
    factor = steps.apply("reciprocal_sqrt", shifted)
    affine = [name for name in node.inputs[1:] if name]
    result = steps.apply("multiply", centred, factor, last=not affine)
    for index, name in enumerate(affine):
        each = emitter.rows(name)
        size = (groups, split[place + 1] if each.shape[0] != groups else 1)
        wide: Shape = (1,) * place + size + (1,) * (len(split) - place - 2)
        function = "multiply" if index == 0 else "add"
        result = steps.apply(function, result, emitter.view(each, wide), last=name == affine[-1])
    emitter.put(node.outputs[0], result, located.order)


def parametric_relu(context: Context, node: Node) -> None:
    """max(x, 0) - slope * max(-x, 0)."""
    steps = Steps(context, node)
    located = context.emitter.read(node.inputs[0])
    slope = broadcast_operand(context, node.inputs[1], located.order)
    negative = steps.apply("relu", steps.apply("negate", located.tensor))
    scaled = steps.apply("multiply", negative, slope)
    positive = steps.apply("relu", located.tensor)
    context.emitter.put(
        node.outputs[0], steps.apply("subtract", positive, scaled, last=True), located.order
    )


# x of the input for the index i of the result; `n` and `m` are the sizes before and after.
COORDINATES = {
    "half_pixel": lambda i, scale, n, m: (i + 0.5) / scale - 0.5,
    "pytorch_half_pixel": lambda i, scale, n, m: (i + 0.5) / scale - 0.5 if m > 1 else 0 * i,
    "asymmetric": lambda i, scale, n, m: i / scale,
    "align_corners": lambda i, scale, n, m: i * (n - 1) / (m - 1) if m > 1 else 0 * i,
}
ROUNDINGS = {
    "round_prefer_floor": lambda x: np.ceil(x - 0.5),
    "round_prefer_ceil": lambda x: np.floor(x + 0.5),
    "floor": np.floor,
    "ceil": np.ceil,
}


def text(node: Node, key: str, default: str) -> str:
    value = node.attributes.get(key, default)
    return value.decode() if isinstance(value, bytes) else str(value)


def resize(context: Context, node: Node) -> None:
    """Resize and Upsample: along each axis whose size changes, rows by index (nearest), or two rows
    and a weighted sum of them (linear)."""
    mode = text(node, "mode", "nearest")
    given = text(
        node,
        "coordinate_transformation_mode",
        "half_pixel" if node.op == "Resize" and context.graph.opset > 10 else "asymmetric",
    )
    rounding = text(
        node,
        "nearest_mode",
        "round_prefer_floor" if context.graph.opset > 10 and node.op == "Resize" else "floor",
    )
    if mode not in ("nearest", "linear", "bilinear") or given not in COORDINATES:
        raise UnsupportedError(
            f"mode '{mode}' with coordinates '{given}'",
            "nearest or linear, with " + ", ".join(COORDINATES),
        )
    for key, plain in (("antialias", 0), ("keep_aspect_ratio_policy", b"stretch")):
        if node.attributes.get(key, plain) not in (plain, "stretch"):
            raise UnsupportedError(f"it has {key}", f"no {key}")
    old, new = context.shape(node.inputs[0]), context.shape(node.outputs[0])
    steps, located = Steps(context, node), context.emitter.read(node.inputs[0])
    tensor = located.tensor
    scales = resize_scales(context, node, old, new)
    changed = [axis for axis in range(len(old)) if old[axis] != new[axis]]
    for axis in changed:
        position = COORDINATES[given](np.arange(new[axis]), scales[axis], old[axis], new[axis])
        place, last = located.order.index(axis), axis == changed[-1]
        if mode == "nearest":
            rows = ROUNDINGS[rounding](position).clip(0, old[axis] - 1)
            tensor = rows_of(steps, tensor, place, rows, last)
        else:
            tensor = between_rows(steps, tensor, place, position, last)
    context.emitter.put(node.outputs[0], tensor, located.order)


def resize_scales(context: Context, node: Node, old: Shape, new: Shape) -> list[float]:
    """The given scales; of given sizes, their ratios."""
    index = 2 if node.op == "Resize" and context.graph.opset > 10 else 1
    name = node.input(index)
    data = context.value(name).data if name else None
    if data is None or data.size == 0:
        return [after / before for before, after in zip(old, new, strict=True)]
    scales = [float(value) for value in data.reshape(-1)]
    axes = node.attributes.get("axes")
    if axes is None:
        return scales
    spread = dict(zip((axis % len(old) for axis in axes), scales, strict=True))
    return [spread.get(axis, 1.0) for axis in range(len(old))]


def rows_of(steps: Steps, tensor: Tensor, place: int, rows: np.ndarray, last: bool) -> Tensor:
    size = (*tensor.shape[:place], len(rows), *tensor.shape[place + 1 :])
    indices = [int(row) for row in rows]
    return steps.context.emitter.operator(
        "gather", steps.name(last), [tensor], size, axis=place, indices=indices
    )


def between_rows(
    steps: Steps, tensor: Tensor, place: int, position: np.ndarray, last: bool
) -> Tensor:
    """low + weight * (high - low), for the rows on both sides of each position."""
    most = tensor.shape[place] - 1
    position = position.clip(0, most)
    low = np.floor(position)
    weight = position - low
    first = rows_of(steps, tensor, place, low, last and not weight.any())
    if not weight.any():
        return first
    second = rows_of(steps, tensor, place, (low + 1).clip(0, most), False)
    wide = tuple(len(weight) if axis == place else 1 for axis in range(len(first.shape)))
    emitter = steps.context.emitter
    weights = emitter.constant(f"{steps.node.name}.weights{place}", weight.reshape(wide))
    difference = steps.apply("subtract", second, first)
    return steps.apply("add", steps.apply("multiply", difference, weights), first, last=last)


def gather_nd(context: Context, node: Node) -> None:
    """Constant indices of several axes: rows of the array that has these axes as one."""
    if node.attributes.get("batch_dims", 0):
        raise UnsupportedError("it has batch_dims", "batch_dims of 0")
    indices = context.value(node.inputs[1])
    if indices.data is None:
        raise UnsupportedError("its indices depend on the inputs", "constant indices")
    shape = context.shape(node.inputs[0])
    depth = indices.shape[-1]
    rows = indices.data.reshape(-1, depth) % np.array(shape[:depth])
    flat = np.ravel_multi_index(tuple(rows.T), shape[:depth])
    emitter = context.emitter
    merged = (int(np.prod(shape[:depth])), *shape[depth:])
    source = emitter.view(emitter.rows(node.inputs[0]), merged)
    emitter.put(node.outputs[0], rows_of(Steps(context, node), source, 0, flat, True))


def tile(context: Context, node: Node) -> None:
    """Each repeated axis becomes two, the outer one expanded."""
    repeats = context.integers(node, 1)
    if repeats is None:
        raise UnsupportedError("it has no repeats", "a list of repeats")
    emitter = context.emitter
    located = emitter.read(node.inputs[0])
    ordered = [repeats[axis] for axis in located.order]
    if all(count == 1 for count in ordered):
        emitter.located[node.outputs[0]] = located
        return
    pairs = list(zip(ordered, located.tensor.shape, strict=True))
    split = tuple(size for _, own in pairs for size in (1, own))
    wide = tuple(size for pair in pairs for size in pair)
    source = emitter.view(located.tensor, split)
    result = emitter.operator("expand", node.name, [source], wide, shape=list(wide))
    emitter.put(node.outputs[0], result, located.order)


def dynamic_quantization(context: Context, node: Node) -> None:
    """The values themselves, and (where they are read) their scale and zero point.

    Both follow from the least and the largest element, which takes two reductions.
    """
    emitter, steps = context.emitter, Steps(context, node)
    located = emitter.read(node.inputs[0])
    emitter.located[node.outputs[0]] = located
    if not any(name and context.graph.consumers.get(name) for name in node.outputs[1:]):
        return
    every = list(range(len(located.tensor.shape)))
    largest = steps.reduce("maximum", located.tensor, every)
    least = steps.reduce("minimum", located.tensor, every)
    scale = steps.scalar("multiply", steps.apply("subtract", largest, least), 1 / 255)
    for name in node.outputs[1:]:
        emitter.put(name, scale)


CONVERTERS = {
    "LRN": local_response,
    "InstanceNormalization": group_normalization,
    "GroupNormalization": group_normalization,
    "PRelu": parametric_relu,
    "Resize": resize,
    "Upsample": resize,
    "GatherND": gather_nd,
    "Tile": tile,
    "DynamicQuantizeLinear": dynamic_quantization,
}
