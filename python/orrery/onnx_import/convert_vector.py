# SPDX-License-Identifier: Apache-2.0
"""Element-wise operators, reductions, softmax and normalizations."""

from __future__ import annotations

from orrery.onnx_import.context import Context, UnsupportedError, product
from orrery.onnx_import.emitter import Tensor
from orrery.onnx_import.ir import Node, Shape
from orrery.onnx_import.layout import Order, physical_shape, row_major

UNARY = {
    "Relu": "relu",
    "Gelu": "gelu",
    "Swish": "silu",
    "Sigmoid": "sigmoid",
    "Tanh": "tanh",
    "Exp": "exp",
    "Log": "log",
    "Sqrt": "sqrt",
    "Reciprocal": "reciprocal",
    "Erf": "erf",
    "Abs": "abs",
    "Neg": "negate",
    "HardSwish": "hard_swish",
    "Sin": "sin",
    "Cos": "cos",
}
BINARY = {
    "Add": "add",
    "Sum": "add",
    "Sub": "subtract",
    "Mul": "multiply",
    "Div": "divide",
    "Max": "maximum",
    "Min": "minimum",
    "And": "multiply",
    "Or": "maximum",
}
# The largest number that a workload file can hold.
LARGEST_NUMBER = 1e30
REDUCTIONS = {
    "ReduceMean": "mean",
    "ReduceSum": "sum",
    "ReduceMax": "maximum",
    "ReduceMin": "minimum",
}


def unary(context: Context, node: Node, function: str, **keys: object) -> None:
    located = context.emitter.read(node.inputs[0])
    result = context.emitter.operator(
        "elementwise",
        node.name,
        [located.tensor],
        located.tensor.shape,
        function=function,
        **keys,
    )
    context.emitter.put(node.outputs[0], result, located.order)


def plain_unary(context: Context, node: Node) -> None:
    unary(context, node, UNARY[node.op])


def leaky_relu(context: Context, node: Node) -> None:
    unary(context, node, "leaky_relu", alpha=float(node.attributes.get("alpha", 0.01)))


def hard_sigmoid(context: Context, node: Node) -> None:
    alpha, beta = node.attributes.get("alpha", 0.2), node.attributes.get("beta", 0.5)
    unary(context, node, "hard_sigmoid", alpha=float(alpha), beta=float(beta))


def clip(context: Context, node: Node) -> None:
    limits: dict[str, float] = {}
    for index, old, key in ((1, "min", "low"), (2, "max", "high")):
        limit = node.attributes.get(old)
        if node.input(index):
            limit = context.graph.scalar(node.input(index))
            if limit is None:
                raise UnsupportedError("its limits depend on the inputs", "constant limits")
        if limit is not None and abs(limit) < LARGEST_NUMBER:
            limits[key] = float(limit)
    if limits == {"low": 0.0}:
        unary(context, node, "relu")
    else:
        unary(context, node, "clip", **limits)


def power(context: Context, node: Node) -> None:
    exponent = context.graph.scalar(node.inputs[1])
    if exponent is None:
        raise UnsupportedError("its exponent is no constant number", "one constant exponent")
    if exponent == 0.5:
        unary(context, node, "sqrt")
    else:
        unary(context, node, "power", exponent=exponent)


def result_order(context: Context, node: Node) -> Order:
    """The order of the first operand that has the shape of the result, else row-major."""
    shape = context.shape(node.outputs[0])
    for name in node.inputs:
        if not context.is_constant(name) and context.shape(name) == shape:
            return context.order_of(name)
    return row_major(len(shape))


def broadcast_operand(context: Context, name: str, order: Order) -> Tensor:
    """An operand in the order of the result, with dimensions of size 1 where it has none."""
    emitter = context.emitter
    shape = context.shape(name)
    missing = len(order) - len(shape)
    full: Shape = (1,) * missing + shape
    own = tuple(axis - missing for axis in order if axis >= missing)
    tensor = emitter.read(name, own).tensor
    return emitter.view(tensor, physical_shape(full, order))


def binary(context: Context, node: Node) -> None:
    """Two operands, or any number of a sum, maximum or minimum; broadcast as numpy does."""
    function = BINARY[node.op]
    names = list(node.inputs)
    if len(names) == 1:
        context.emitter.located[node.outputs[0]] = context.emitter.read(names[0])
        return
    order = result_order(context, node)
    scalars = [context.graph.scalar(name) for name in names]
    if len(names) == 2 and (scalars[0] is None) != (scalars[1] is None):
        scalar_operand(context, node, function, scalars, order)
        return
    shape = physical_shape(context.shape(node.outputs[0]), order)
    tensor = broadcast_operand(context, names[0], order)
    for index, name in enumerate(names[1:], 2):
        last = index == len(names)
        tensor = context.emitter.operator(
            "elementwise",
            node.name if last else f"{node.name}.{index - 1}",
            [tensor, broadcast_operand(context, name, order)],
            shape,
            function=function,
        )
    context.emitter.put(node.outputs[0], tensor, order)


def scalar_operand(
    context: Context, node: Node, function: str, scalars: list[float | None], order: Order
) -> None:
    """An operation with one constant number: no operand has to be read."""
    first = scalars[0] is not None
    tensor = broadcast_operand(context, node.inputs[1 if first else 0], order)
    result = with_scalar(context, node.name, tensor, function, scalars[0 if first else 1], first)
    context.emitter.put(node.outputs[0], result, order)


def with_scalar(
    context: Context, name: str, tensor: Tensor, function: str, scalar: float, first: bool = False
) -> Tensor:
    """`function` of a tensor and a number, in that order unless `first`."""
    # Masks use the least number of float32; no narrower type can tell it from this one.
    scalar = min(max(float(scalar), -LARGEST_NUMBER), LARGEST_NUMBER)
    ordered = first and function in ("subtract", "divide")
    return context.emitter.operator(
        "elementwise",
        name,
        [tensor],
        tensor.shape,
        function=function,
        scalar=scalar,
        scalar_first=True if ordered else None,
    )


def where(context: Context, node: Node) -> None:
    """A selection: y + condition * (x - y); of a constant condition and a number, one addition.

    The second is how masks of logits are written: what is masked gets a large negative number.
    """
    condition, x, y = node.inputs
    shape = context.shape(node.outputs[0])
    numbers = [context.graph.scalar(name) for name in (x, y)]
    source = x if numbers[0] is None else y
    order = context.order_of(source) if context.shape(source) == shape else row_major(len(shape))
    physical = physical_shape(shape, order)
    emitter = context.emitter

    def step(function: str, operands: list[Tensor], name: str) -> Tensor:
        return emitter.operator("elementwise", name, operands, physical, function=function)

    mask = broadcast_operand(context, condition, order)
    if numbers[0] is not None and numbers[1] is not None:
        scaled = with_scalar(context, f"{node.name}.1", mask, "multiply", numbers[0] - numbers[1])
        result = with_scalar(context, node.name, scaled, "add", numbers[1])
    elif context.is_constant(condition) and numbers != [None, None]:
        result = step("add", [broadcast_operand(context, source, order), mask], node.name)
    else:
        if numbers != [None, None]:
            operand = broadcast_operand(context, source, order)
            number = numbers[0] if numbers[0] is not None else numbers[1]
            difference = with_scalar(context, f"{node.name}.1", operand, "subtract", number)
            base = operand
        else:
            base = broadcast_operand(context, y, order)
            difference = step(
                "subtract", [broadcast_operand(context, x, order), base], f"{node.name}.1"
            )
        product_ = step("multiply", [difference, mask], f"{node.name}.2")
        result = step("add", [product_, base], node.name)
    emitter.put(node.outputs[0], result, order)


def logical_not(context: Context, node: Node) -> None:
    """1 - x, of a mask."""
    located = context.emitter.read(node.inputs[0])
    result = with_scalar(context, node.name, located.tensor, "subtract", 1.0, True)
    context.emitter.put(node.outputs[0], result, located.order)


def reduction(context: Context, node: Node) -> None:
    shape = context.shape(node.inputs[0])
    axes = context.integers(node, 1, "axes")
    if axes is None:
        if node.attributes.get("noop_with_empty_axes", 0):
            context.emitter.located[node.outputs[0]] = context.emitter.read(node.inputs[0])
            return
        axes = list(range(len(shape)))
    axes = [axis % len(shape) for axis in axes]
    located = context.emitter.read(node.inputs[0])
    physical = sorted(located.order.index(axis) for axis in axes)
    kept = tuple(1 if i in physical else size for i, size in enumerate(located.tensor.shape))
    result = context.emitter.operator(
        "reduction",
        node.name,
        [located.tensor],
        kept,
        function=REDUCTIONS[node.op],
        axes=physical,
        keep_dimensions=True,
    )
    if len(context.shape(node.outputs[0])) == len(shape):
        context.emitter.put(node.outputs[0], result, located.order)
        return
    remaining = [axis for axis in range(len(shape)) if axis not in axes]
    order = tuple(remaining.index(axis) for axis in located.order if axis in remaining)
    context.emitter.put(node.outputs[0], result, order)


def softmax(context: Context, node: Node) -> None:
    """Softmax over one axis; before version 13 over all axes from it on."""
    shape = context.shape(node.inputs[0])
    old = context.graph.opset < 13
    axis = node.attributes.get("axis", 1 if old else -1) % len(shape)
    axes = list(range(axis, len(shape))) if old else [axis]
    order = context.with_innermost(node.inputs[0], axes)
    source = context.emitter.read(node.inputs[0], order).tensor
    merged = (*source.shape[: -len(axes)], product(source.shape[-len(axes) :]))
    tensor = context.emitter.operator(
        "softmax", node.name, [context.emitter.view(source, merged)], merged
    )
    if node.op == "LogSoftmax":
        tensor = context.emitter.operator(
            "elementwise", f"{node.name}.log", [tensor], merged, function="log"
        )
    context.emitter.put(node.outputs[0], tensor, order)


def normalization(context: Context, node: Node) -> None:
    """Layer or RMS normalization over the last axes, gamma and beta among its parameters."""
    shape = context.shape(node.inputs[0])
    if len(node.outputs) > 1 and any(context.graph.consumers.get(x) for x in node.outputs[1:]):
        raise UnsupportedError("its mean or deviation is read", "only the result is read")
    axis = node.attributes.get("axis", -1) % len(shape)
    axes = list(range(axis, len(shape)))
    order = context.with_innermost(node.inputs[0], axes)
    source = context.emitter.read(node.inputs[0], order).tensor
    merged = (*source.shape[: -len(axes)], product(source.shape[-len(axes) :]))
    layer = node.op in ("LayerNormalization", "SkipLayerNormalization")
    result = context.emitter.operator(
        "normalization",
        node.name,
        [context.emitter.view(source, merged)],
        merged,
        function="layer" if layer else "rms",
        epsilon=float(node.attributes.get("epsilon", 1e-5)),
    )
    context.emitter.put(node.outputs[0], result, order)


CONVERTERS = {
    **dict.fromkeys(UNARY, plain_unary),
    **dict.fromkeys(BINARY, binary),
    **dict.fromkeys(REDUCTIONS, reduction),
    "LeakyRelu": leaky_relu,
    "HardSigmoid": hard_sigmoid,
    "Clip": clip,
    "Pow": power,
    "Where": where,
    "Not": logical_not,
    "Softmax": softmax,
    "LogSoftmax": softmax,
    "LayerNormalization": normalization,
    "RMSNormalization": normalization,
    "SimplifiedLayerNormalization": normalization,
}
