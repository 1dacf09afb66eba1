# SPDX-License-Identifier: Apache-2.0
"""Operators that move data or only see it under another shape."""

from __future__ import annotations

from orrery.onnx_import.context import Context, UnsupportedError
from orrery.onnx_import.emitter import Tensor
from orrery.onnx_import.ir import Node
from orrery.onnx_import.layout import Order, physical_shape, row_major

# Operators that treat every element alike, so that the order of a row does not matter to them.
ELEMENT_ORDER_FREE = {"Relu", "LeakyRelu", "Clip", "Sigmoid", "Tanh", "Gelu", "Swish", "HardSwish"}


def feeds_products_only(context: Context, name: str) -> bool:
    """Whether all readers are products whose constant weights may be permuted offline."""
    readers = context.graph.consumers.get(name, [])
    if not readers or name in context.graph.outputs:
        return False
    for reader in readers:
        if reader.op in ELEMENT_ORDER_FREE:
            if not feeds_products_only(context, reader.outputs[0]):
                return False
        elif (
            reader.op not in ("Gemm", "MatMul")
            or reader.inputs[0] != name
            or not context.is_constant(reader.inputs[1])
            or reader.attributes.get("transA", 0)
            or len(context.shape(name)) != 2
        ):
            return False
    return True


def reshape(context: Context, node: Node) -> None:
    """Reshape, Flatten, Squeeze and Unsqueeze: a view where no element has to move."""
    context.emitter.reshape(node, feeds_products_only(context, node.outputs[0]))


def transpose(context: Context, node: Node) -> None:
    """Nothing moves: the dimensions of the result lie where those of the input lie."""
    rank = len(context.shape(node.inputs[0]))
    permutation = list(node.attributes.get("perm") or range(rank)[::-1])
    located = context.emitter.read(node.inputs[0])
    order = tuple(permutation.index(axis) for axis in located.order)
    context.emitter.put(node.outputs[0], located.tensor, order)


def common_order(context: Context, names: list[str]) -> Order:
    for name in names:
        if name in context.emitter.located:
            return context.emitter.located[name].order
    return row_major(len(context.shape(names[0])))


def concatenation(context: Context, node: Node) -> None:
    names = [name for name in node.inputs if context.value(name).size > 0]
    if len(names) == 1:
        context.emitter.located[node.outputs[0]] = context.emitter.read(names[0])
        return
    order = common_order(context, names)
    axis = order.index(node.attributes["axis"] % len(order))
    result = context.emitter.operator(
        "concatenation",
        node.name,
        [context.emitter.read(name, order).tensor for name in names],
        physical_shape(context.shape(node.outputs[0]), order),
        axis=axis,
    )
    context.emitter.put(node.outputs[0], result, order)


def sliced(
    context: Context, name: str, source: Tensor, begin: list[int], step: list[int], size: list[int]
) -> Tensor:
    """size[i] elements of each physical dimension, from begin[i] on in steps."""
    if tuple(size) == source.shape and all(item == 1 for item in step):
        return source
    return context.emitter.operator(
        "slice",
        name,
        [source],
        tuple(size),
        starts=begin,
        sizes=size,
        steps=step if set(step) != {1} else None,
    )


def slice_(context: Context, node: Node) -> None:
    shape = context.shape(node.inputs[0])
    starts = context.integers(node, 1, "starts")
    axes = context.integers(node, 3, "axes") or list(range(len(starts)))
    steps = context.integers(node, 4) or [1] * len(starts)
    located = context.emitter.read(node.inputs[0])
    begin, step = [0] * len(shape), [1] * len(shape)
    for axis, start, stride in zip(axes, starts, steps, strict=True):
        axis %= len(shape)
        place = located.order.index(axis)
        start = start + shape[axis] if start < 0 else start
        last = shape[axis] if stride > 0 else shape[axis] - 1
        begin[place], step[place] = min(max(start, 0), last), stride
    size = list(physical_shape(context.shape(node.outputs[0]), located.order))
    result = sliced(context, node.name, located.tensor, begin, step, size)
    context.emitter.put(node.outputs[0], result, located.order)


def split(context: Context, node: Node) -> None:
    shape = context.shape(node.inputs[0])
    axis = node.attributes.get("axis", 0) % len(shape)
    located = context.emitter.read(node.inputs[0])
    place = located.order.index(axis)
    offset = 0
    for index, output in enumerate(node.outputs):
        size = list(physical_shape(context.shape(output), located.order))
        begin = [0] * len(shape)
        begin[place] = offset
        offset += size[place]
        if output in context.graph.outputs or context.graph.consumers.get(output):
            name = f"{node.name}.{index}"
            result = sliced(context, name, located.tensor, begin, [1] * len(shape), size)
            context.emitter.put(output, result, located.order)


def pad(context: Context, node: Node) -> None:
    mode = node.attributes.get("mode", b"constant")
    mode = mode.decode() if isinstance(mode, bytes) else mode
    if mode != "constant":
        raise UnsupportedError(f"mode '{mode}'", "mode 'constant'")
    pads = context.integers(node, 1, "pads")
    shape = context.shape(node.inputs[0])
    axes = context.integers(node, 3) or list(range(len(shape)))
    before, after = [0] * len(shape), [0] * len(shape)
    for index, axis in enumerate(axes):
        before[axis], after[axis] = pads[index], pads[index + len(axes)]
    located = context.emitter.read(node.inputs[0])
    if any(item < 0 for item in (*before, *after)):
        raise UnsupportedError("it cuts off elements", "padding of at least 0")
    tensor = located.tensor
    fill = context.graph.scalar(node.input(2)) if node.input(2) else node.attributes.get("value")
    if any(before) or any(after):
        tensor = context.emitter.operator(
            "pad",
            node.name,
            [tensor],
            physical_shape(context.shape(node.outputs[0]), located.order),
            before=[before[axis] for axis in located.order],
            after=[after[axis] for axis in located.order],
            value=float(fill) if fill else None,
        )
    context.emitter.put(node.outputs[0], tensor, located.order)


def gather(context: Context, node: Node) -> None:
    """A look-up of rows in a table, or a selection of constant indices along an axis."""
    table, indices = (context.value(name) for name in node.inputs[:2])
    axis = node.attributes.get("axis", 0) % len(table.shape)
    if table.constant and len(table.shape) == 2 and axis == 0:
        tokens = [1, *indices.shape][-2:] if len(indices.shape) < 2 else list(indices.shape)
        tokens = [1] * (2 - len(tokens)) + tokens
        while len(tokens) > 2:
            tokens[:2] = [tokens[0] * tokens[1]]
        result = context.emitter.operator(
            "embedding",
            node.name,
            [],
            (*tokens, table.shape[1]),
            rows=table.shape[0],
            width=table.shape[1],
            tokens=tokens,
            lookup="position" if is_range(indices.data) else None,
        )
        context.emitter.put(node.outputs[0], result)
        return
    if indices.constant and indices.data is not None and indices.shape == ():
        select(context, node, axis, int(indices.data.reshape(-1)[0]))
        return
    if not indices.constant or indices.data is None:
        raise UnsupportedError(
            "it reads rows whose numbers depend on the inputs", "a constant table or indices"
        )
    gather_axis(context, node, axis, [int(item) for item in indices.data.reshape(-1)])


def gather_axis(context: Context, node: Node, axis: int, indices: list[int]) -> None:
    """Several constant indices along an axis; consecutive ones are a slice."""
    shape = context.shape(node.inputs[0])
    indices = [index % shape[axis] for index in indices]
    rank = len(context.shape(node.inputs[1]))
    order = row_major(len(shape)) if rank != 1 else context.order_of(node.inputs[0])
    source = context.emitter.read(node.inputs[0], order).tensor
    place = order.index(axis)
    size = list(source.shape)
    size[place] = len(indices)
    if indices == list(range(indices[0], indices[0] + len(indices))):
        begin = [0] * len(shape)
        begin[place] = indices[0]
        result = sliced(context, node.name, source, begin, [1] * len(shape), size)
    else:
        result = context.emitter.operator(
            "gather", node.name, [source], tuple(size), axis=place, indices=indices
        )
    context.emitter.put(node.outputs[0], result, order if rank == 1 else None)


def is_range(data) -> bool:
    """Whether the indices of every sequence are 0, 1, 2, ..."""
    if data is None or data.ndim == 0:
        return False
    rows = data.reshape(-1, data.shape[-1])
    return all((row == range(len(row))).all() for row in rows)


def select(context: Context, node: Node, axis: int, index: int) -> None:
    """One element along an axis."""
    shape = context.shape(node.inputs[0])
    located = context.emitter.read(node.inputs[0])
    place = located.order.index(axis)
    begin = [0] * len(shape)
    begin[place] = index % shape[axis]
    size = list(located.tensor.shape)
    size[place] = 1
    name = node.name
    tensor = sliced(context, name, located.tensor, begin, [1] * len(shape), size)
    rest = [item for item in range(len(shape)) if item != axis]
    order = tuple(rest.index(item) for item in located.order if item != axis)
    context.emitter.put(node.outputs[0], tensor, order)


def expand(context: Context, node: Node) -> None:
    """Broadcasting that copies nothing where the size stays the same."""
    old, new = context.shape(node.inputs[0]), context.shape(node.outputs[0])
    located = context.emitter.read(node.inputs[0])
    if tuple(size for size in old if size != 1) == tuple(size for size in new if size != 1):
        context.emitter.reshape(node)
        return
    missing = len(new) - len(old)
    order = (*range(missing), *(axis + missing for axis in located.order))
    source = context.emitter.view(located.tensor, (1,) * missing + located.tensor.shape)
    shape = physical_shape(new, order)
    result = context.emitter.operator("expand", node.name, [source], shape, shape=list(shape))
    context.emitter.put(node.outputs[0], result, order)


def regroup(context: Context, node: Node) -> None:
    """DepthToSpace and SpaceToDepth: one permutation between two views."""
    n, c, h, w = context.shape(node.inputs[0])
    block = node.attributes["blocksize"]
    mode = node.attributes.get("mode", b"DCR")
    mode = mode.decode() if isinstance(mode, bytes) else mode
    if node.op == "SpaceToDepth":
        split_shape = (n, c, h // block, block, w // block, block)
        moved = [0, 2, 4, 3, 5, 1]
    elif mode == "DCR":
        split_shape = (n, block, block, c // block**2, h, w)
        moved = [0, 4, 1, 5, 2, 3]
    else:
        split_shape = (n, c // block**2, block, block, h, w)
        moved = [0, 4, 2, 5, 3, 1]
    tensor = context.emitter.view(context.emitter.rows(node.inputs[0]), split_shape)
    result = context.emitter.operator(
        "transpose",
        node.name,
        [tensor],
        tuple(split_shape[axis] for axis in moved),
        permutation=moved,
    )
    context.emitter.put(node.outputs[0], result, (0, 2, 3, 1))


CONVERTERS = {
    **dict.fromkeys(("Reshape", "Flatten", "Squeeze", "Unsqueeze"), reshape),
    "Transpose": transpose,
    "Concat": concatenation,
    "Slice": slice_,
    "Split": split,
    "Pad": pad,
    "Gather": gather,
    "Expand": expand,
    "DepthToSpace": regroup,
    "SpaceToDepth": regroup,
}
