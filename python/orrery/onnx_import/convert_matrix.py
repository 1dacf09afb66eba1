# SPDX-License-Identifier: Apache-2.0
"""Convolutions and matrix products."""

from __future__ import annotations

from orrery.onnx_import.context import Context, UnsupportedError, pair
from orrery.onnx_import.emitter import Tensor
from orrery.onnx_import.ir import Node
from orrery.onnx_import.layout import Order, row_major, same_bytes


def window(context: Context, node: Node, kernel: list[int]) -> dict[str, list[int]]:
    """Stride, dilation and padding [top, left, bottom, right] of a convolution or pooling."""
    stride = pair(node.attributes.get("strides"), 1)
    dilation = pair(node.attributes.get("dilations"), 1)
    auto = node.attributes.get("auto_pad", b"NOTSET")
    auto = auto.decode() if isinstance(auto, bytes) else auto
    if auto.startswith("SAME"):
        image = context.image_shape(node.inputs[0])
        before, after = [], []
        for axis in range(2):
            size = image[1 + axis]
            span = (kernel[axis] - 1) * dilation[axis] + 1
            total = max(0, (-(-size // stride[axis]) - 1) * stride[axis] + span - size)
            small = total // 2
            before.append(total - small if auto == "SAME_LOWER" else small)
            after.append(small if auto == "SAME_LOWER" else total - small)
        padding = [*before, *after]
    else:
        pads = list(node.attributes.get("pads") or [0, 0, 0, 0])
        padding = [0, pads[0], 0, pads[1]] if len(pads) == 2 else pads
    return {"stride": stride, "dilation": dilation, "padding": padding}


def has_bias(node: Node, index: int) -> bool:
    """Whether products are shifted: by their own bias or a folded batch normalization."""
    return bool(node.input(index)) or bool(node.attributes.get("shifted"))


def plain(**keys: object) -> dict[str, object]:
    """Without the keys whose value is the default."""
    defaults = {
        "stride": [1, 1],
        "dilation": [1, 1],
        "padding": [0, 0, 0, 0],
        "output_padding": [0, 0],
        "groups": 1,
        "bias": False,
    }
    return {key: value for key, value in keys.items() if defaults.get(key) != value}


def require_weight(context: Context, node: Node) -> tuple[int, ...]:
    if not context.is_constant(node.inputs[1]):
        raise UnsupportedError("its weight depends on the inputs", "a constant weight")
    return context.shape(node.inputs[1])


def convolution(context: Context, node: Node) -> None:
    """Conv: weight [F, C / groups, KH, KW]."""
    weight = require_weight(context, node)
    image = context.image(node.inputs[0])
    kernel = pair(list(weight[2:]), 1)
    keys = plain(
        **window(context, node, kernel),
        groups=node.attributes.get("group", 1),
        bias=has_bias(node, 2),
    )
    result = context.emitter.operator(
        "convolution",
        node.name,
        [image],
        context.image_shape(node.outputs[0]),
        filters=weight[0],
        kernel=kernel,
        **keys,
    )
    context.put_image(node.outputs[0], result)


def transposed_convolution(context: Context, node: Node) -> None:
    """ConvTranspose: weight [C, F / groups, KH, KW]. Padding follows from the output's shape."""
    weight = require_weight(context, node)
    image = context.image(node.inputs[0])
    kernel = pair(list(weight[2:]), 1)
    groups = node.attributes.get("group", 1)
    form = window(context, node, kernel)
    shape = context.image_shape(node.outputs[0])
    output_padding = []
    for axis in range(2):
        size, stride = image.shape[1 + axis], form["stride"][axis]
        full = (size - 1) * stride + (kernel[axis] - 1) * form["dilation"][axis] + 1
        before, after = form["padding"][axis], form["padding"][2 + axis]
        if full - before - after > shape[1 + axis]:
            # output_shape was given: ONNX spreads the difference over both sides.
            excess = full - shape[1 + axis]
            before, after = excess // 2, excess - excess // 2
            form["padding"][axis], form["padding"][2 + axis] = before, after
        output_padding.append(shape[1 + axis] - (full - before - after))
    keys = plain(
        **form,
        output_padding=output_padding,
        groups=groups,
        bias=has_bias(node, 2),
    )
    result = context.emitter.operator(
        "transposed_convolution",
        node.name,
        [image],
        shape,
        filters=weight[1] * groups,
        kernel=kernel,
        **keys,
    )
    context.put_image(node.outputs[0], result)


def linear(context: Context, node: Node, order: Order, columns: int, bias: bool) -> None:
    """A product with a constant matrix; the rows of the input may come in any order."""
    a = context.emitter.read(node.inputs[0], order).tensor
    result = context.emitter.operator(
        "matrix_multiplication",
        node.name,
        [a],
        (*a.shape[:-1], columns),
        columns=columns,
        **plain(bias=bias),
    )
    rank = len(context.shape(node.outputs[0]))
    context.emitter.put(node.outputs[0], result, order if len(order) == rank else None)


def operand(context: Context, name: str, transposed: bool) -> tuple[Tensor, bool]:
    """A matrix operand and whether it is stored transposed.

    `transposed`: the value itself is [..., K, M] where [..., M, K] is wanted. Of the two forms that
    a product can read, the one that moves the innermost dimension least.
    """
    shape = context.shape(name)
    rank = len(shape)
    straight = row_major(rank)
    swapped = (*straight[:-2], rank - 1, rank - 2)
    order = context.order_of(name)
    use_swapped = same_bytes(shape, order, swapped) or (
        not same_bytes(shape, order, straight) and order[-1] == rank - 2
    )
    tensor = context.emitter.read(name, swapped if use_swapped else straight).tensor
    return tensor, use_swapped != transposed


def general(context: Context, node: Node, transposed: tuple[bool, bool]) -> Tensor:
    """A product of two tensors, batched and broadcast as ONNX does."""
    a, transposed_a = operand(context, node.inputs[0], transposed[0])
    b, transposed_b = operand(context, node.inputs[1], transposed[1])
    keys: dict[str, object] = {}
    if transposed_a:
        keys["transposed_a"] = True
    if transposed_b:
        keys["transposed_b"] = True
    return context.emitter.operator(
        "matrix_multiplication",
        node.name,
        [a, b],
        context.shape(node.outputs[0]),
        **keys,
    )


def matrix_product(context: Context, node: Node) -> None:
    """MatMul, as numpy.matmul."""
    a, b = (context.shape(name) for name in node.inputs[:2])
    if len(a) < 2 or len(b) < 2:
        raise UnsupportedError("an operand is a vector", "operands of at least two dimensions")
    if len(b) == 2 and context.is_constant(node.inputs[1]):
        order = context.with_innermost(node.inputs[0], [len(a) - 1])
        linear(context, node, order, b[1], has_bias(node, 2))
        return
    context.emitter.put(node.outputs[0], general(context, node, (False, False)))


def gemm(context: Context, node: Node) -> None:
    """Gemm: op(A) op(B) + C; constant factors and constant C are part of weight and bias."""
    transposed = (bool(node.attributes.get("transA", 0)), bool(node.attributes.get("transB", 0)))
    c = node.input(2)
    bias = has_bias(node, 9) or (bool(c) and context.is_constant(c))
    if context.is_constant(node.inputs[1]):
        columns = context.shape(node.inputs[1])[0 if transposed[1] else 1]
        order = (1, 0) if transposed[0] else (0, 1)
        if transposed[0]:
            tensor = context.emitter.read(node.inputs[0], order).tensor
            result = context.emitter.operator(
                "matrix_multiplication",
                node.name,
                [tensor],
                (tensor.shape[0], columns),
                columns=columns,
                **plain(bias=bias),
            )
            context.emitter.put(node.outputs[0], result)
        else:
            linear(context, node, order, columns, bias)
        added = c if c and not context.is_constant(c) else ""
    else:
        context.emitter.put(node.outputs[0], general(context, node, transposed))
        added = c
    if added:
        add_to(context, node, added)


def add_to(context: Context, node: Node, name: str) -> None:
    """Adds a further value, broadcast to the output's rank."""
    located = context.emitter.located[node.outputs[0]]
    operand_ = context.emitter.rows(name)
    rank = len(located.tensor.shape)
    operand_ = context.emitter.view(operand_, (1,) * (rank - len(operand_.shape)) + operand_.shape)
    result = context.emitter.operator(
        "elementwise",
        f"{node.name}.add",
        [located.tensor, operand_],
        located.tensor.shape,
        function="add",
    )
    context.emitter.put(node.outputs[0], result, located.order)


CONVERTERS = {
    "Conv": convolution,
    "ConvTranspose": transposed_convolution,
    "MatMul": matrix_product,
    "Gemm": gemm,
}
