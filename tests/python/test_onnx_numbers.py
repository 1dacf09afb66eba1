# SPDX-License-Identifier: Apache-2.0
"""Imported graphs compute what their models compute: random graphs, run by `onnx.reference` and, as
workloads, by the definitions of our operators."""

import numpy as np
import pytest
from onnx import helper
from onnx_graphs import GraphMaker, imported_results

UNARY = ["Relu", "Sigmoid", "Tanh", "Exp", "Abs", "Neg", "Erf", "HardSwish", "HardSigmoid"]
UNARY += ["LeakyRelu", "Identity", "Sin", "Cos"]
BINARY = ["Add", "Sub", "Mul", "Max", "Min"]


def unary(maker, x):
    return maker.node(maker.random.choice(UNARY), x)


def binary(maker, x):
    """With itself, a number, or an operand that is broadcast."""
    shape = maker.arrays[x].shape
    op = maker.random.choice(BINARY)
    form = maker.random.randrange(4)
    if form == 0:
        other = x
    elif form == 1:
        other = maker.constant(np.float32(maker.random.choice([-2.5, 0.5, 3.0])))
    else:
        sizes = [size if maker.random.random() < 0.6 else 1 for size in shape]
        sizes = sizes[maker.random.randrange(len(sizes)) :]
        other = maker.weight(*sizes) if form == 2 else maker.input(*sizes)
    pair = [x, other] if maker.random.random() < 0.5 else [other, x]
    return maker.node(op, *pair)


def transpose(maker, x):
    rank = maker.arrays[x].ndim
    return maker.node("Transpose", x, perm=maker.random.sample(range(rank), rank))


def reshape(maker, x):
    """Two neighbouring dimensions become one, or one becomes two, or a 1 comes in."""
    shape = list(maker.arrays[x].shape)
    form = maker.random.randrange(3)
    axis = maker.random.randrange(len(shape))
    if form == 0 and len(shape) > 1:
        axis = min(axis, len(shape) - 2)
        shape[axis : axis + 2] = [shape[axis] * shape[axis + 1]]
    elif form == 1 and len(shape) < 4:
        factor = next((f for f in (2, 3, 5) if shape[axis] % f == 0), 1)
        shape[axis : axis + 1] = [shape[axis] // factor, factor]
    elif len(shape) < 4:
        shape.insert(axis, 1)
    return maker.node("Reshape", x, maker.constant(np.array(shape, dtype=np.int64)))


def concatenation(maker, x):
    shape = list(maker.arrays[x].shape)
    axis = maker.random.randrange(len(shape))
    shape[axis] = maker.random.choice([1, 2, 5])
    return maker.node("Concat", x, maker.input(*shape), x, axis=axis - len(shape))


def part(maker, x):
    shape = maker.arrays[x].shape
    axis = maker.random.randrange(len(shape))
    size = shape[axis]
    step = maker.random.choice([1, 1, 2, -1])
    begin = maker.random.randrange(size)
    bounds = (begin, -(size + 1)) if step < 0 else (begin, size)
    lists = [maker.constant(np.array([v], dtype=np.int64)) for v in (*bounds, axis, step)]
    return maker.node("Slice", x, *lists)


def split(maker, x):
    shape = maker.arrays[x].shape
    axis = max(range(len(shape)), key=lambda i: shape[i])
    if shape[axis] < 2:
        return x
    first = maker.random.randrange(1, shape[axis])
    sizes = maker.constant(np.array([first, shape[axis] - first], dtype=np.int64))
    return maker.random.choice(maker.node("Split", x, sizes, outputs=2, axis=axis))


def pad(maker, x):
    rank = maker.arrays[x].ndim
    pads = maker.constant(np.array([maker.random.randrange(3) for _ in range(2 * rank)]))
    return maker.node("Pad", x, pads, maker.constant(np.float32(0.5)))


def gather(maker, x):
    shape = maker.arrays[x].shape
    axis = maker.random.randrange(len(shape))
    count = maker.random.choice([None, 1, 3])
    indices = [maker.random.randrange(shape[axis]) for _ in range(count or 1)]
    array = np.array(indices if count else indices[0], dtype=np.int64)
    return maker.node("Gather", x, maker.constant(array), axis=axis)


def reduction(maker, x):
    rank = maker.arrays[x].ndim
    axes = sorted(maker.random.sample(range(rank), maker.random.randrange(1, rank + 1)))
    op = maker.random.choice(["ReduceMean", "ReduceSum", "ReduceMax", "ReduceMin"])
    keep = 1 if len(axes) == rank else maker.random.randrange(2)
    return maker.node(op, x, maker.constant(np.array(axes, dtype=np.int64)), keepdims=keep)


def softmax(maker, x):
    return maker.node("Softmax", x, axis=maker.random.randrange(maker.arrays[x].ndim))


def normalization(maker, x):
    shape = maker.arrays[x].shape
    axis = maker.random.randrange(len(shape))
    operands = [maker.weight(*shape[axis:]), maker.weight(*shape[axis:])]
    return maker.node("LayerNormalization", x, *operands, axis=axis - len(shape))


def linear(maker, x):
    columns = maker.random.choice([1, 3, 7])
    y = maker.node("MatMul", x, maker.weight(maker.arrays[x].shape[-1], columns))
    return maker.node("Add", y, maker.weight(columns)) if maker.random.random() < 0.5 else y


def product(maker, x):
    """With its own transpose, or a batch that is broadcast."""
    shape = maker.arrays[x].shape
    if maker.random.random() < 0.5:
        rank = len(shape)
        order = [*range(rank - 2), rank - 1, rank - 2]
        return maker.node("MatMul", x, maker.node("Transpose", x, perm=order))
    batch = [maker.random.choice([1, size]) for size in shape[:-2]]
    return maker.node("MatMul", x, maker.input(*batch, shape[-1], 3))


def convolution(maker, x):
    channels = maker.arrays[x].shape[1]
    groups = channels if channels < 7 and maker.random.random() < 0.3 else 1
    kernel = maker.random.choice([1, 2, 3])
    filters = maker.random.choice([1, 2, 5]) * groups
    rank = maker.arrays[x].ndim - 2
    operands = [maker.weight(filters, channels // groups, *[kernel] * rank)]
    if maker.random.random() < 0.5:
        operands.append(maker.weight(filters) if filters > 1 else maker.constant(np.float32([2])))
    stride = maker.random.choice([1, 2])
    pads = [maker.random.randrange(2) + kernel // 2 for _ in range(2 * rank)]
    return maker.node("Conv", x, *operands, group=groups, strides=[stride] * rank, pads=pads)


def transposed_convolution(maker, x):
    channels = maker.arrays[x].shape[1]
    groups = channels if channels < 7 and maker.random.random() < 0.3 else 1
    filters = maker.random.choice([1, 3])
    stride = maker.random.choice([1, 2])
    rank = maker.arrays[x].ndim - 2
    return maker.node(
        "ConvTranspose",
        x,
        maker.weight(channels, filters, *[3] * rank),
        group=groups,
        strides=[stride] * rank,
        pads=[1] * (2 * rank),
        output_padding=[stride - 1] * rank,
    )


def pooling(maker, x):
    rank = maker.arrays[x].ndim - 2
    op = maker.random.choice(["MaxPool", "AveragePool", "GlobalAveragePool", "GlobalMaxPool"])
    if op.startswith("Global"):
        return maker.node(op, x)
    more = {"count_include_pad": maker.random.randrange(2)} if op == "AveragePool" else {}
    return maker.node(
        op, x, kernel_shape=[2] * rank, strides=[1] * rank, pads=[1] * (2 * rank), **more
    )


def instance_normalization(maker, x):
    channels = maker.arrays[x].shape[1]
    return maker.node("InstanceNormalization", x, maker.weight(channels), maker.weight(channels))


def group_normalization(maker, x):
    """The node of its own, and what exporters write without it."""
    shape = maker.arrays[x].shape
    groups = maker.random.choice([g for g in range(1, shape[1] + 1) if shape[1] % g == 0])
    if maker.random.random() < 0.3:
        operands = [maker.weight(groups), maker.weight(groups)]
        return maker.node("GroupNormalization", x, *operands, num_groups=groups)
    rows = maker.constant(np.array([shape[0], groups, -1], dtype=np.int64))
    ones, zeros = np.ones(groups, dtype=np.float32), np.zeros(groups, dtype=np.float32)
    y = maker.node("Reshape", x, rows)
    y = maker.node("InstanceNormalization", y, maker.constant(ones), maker.constant(zeros))
    y = maker.node("Reshape", y, maker.constant(np.array(shape, dtype=np.int64)))
    each = [shape[1]] + [1] * (len(shape) - 2)
    return maker.node("Add", maker.node("Mul", y, maker.weight(*each)), maker.weight(*each))


def parametric_relu(maker, x):
    shape = maker.arrays[x].shape
    return maker.node("PRelu", x, maker.weight(shape[1], *[1] * (len(shape) - 2)))


def resize(maker, x):
    shape = maker.arrays[x].shape
    mode = maker.random.choice(["nearest", "linear"])
    coordinates = ["half_pixel", "asymmetric", "align_corners", "pytorch_half_pixel"]
    more = {"coordinate_transformation_mode": maker.random.choice(coordinates)}
    if mode == "nearest":
        more["nearest_mode"] = maker.random.choice(["floor", "round_prefer_floor", "ceil"])
    scales = [1.0, 1.0]
    scales += [maker.random.choice([1, 2, 3, 0.5 if size % 2 == 0 else 1]) for size in shape[2:]]
    operand = maker.constant(np.array(scales, dtype=np.float32))
    return maker.node("Resize", x, "", operand, mode=mode, **more)


def gather_elements(maker, x):
    """GatherND of whole rows."""
    shape = maker.arrays[x].shape
    depth = maker.random.randrange(1, len(shape) + 1)
    rows = [[maker.random.randrange(size) for size in shape[:depth]] for _ in range(3)]
    return maker.node("GatherND", x, maker.constant(np.array(rows, dtype=np.int64)))


def tile(maker, x):
    counts = [maker.random.choice([1, 1, 2]) for _ in maker.arrays[x].shape]
    return maker.node("Tile", x, maker.constant(np.array(counts, dtype=np.int64)))


ANY = [unary, binary, transpose, reshape, concatenation, part, split, pad, gather, reduction]
ANY += [softmax, normalization, gather_elements, tile]
MATRIX = [linear, product]


def steps_for(array):
    steps = list(ANY)
    if array.ndim >= 2:
        steps += MATRIX * 2
    if array.ndim in (3, 4):
        steps += [convolution, pooling] * 3
        steps += [instance_normalization, group_normalization, parametric_relu, resize]
    if array.ndim == 4:
        steps += [transposed_convolution] * 3
    return steps


def random_graph(seed):
    """A graph of 2 to 8 nodes and its result."""
    maker = GraphMaker(seed)
    sizes = maker.random.choice([(2, 3, 5, 7), (1, 4, 6, 6), (3, 8, 5), (2, 6), (1, 1, 3, 3)])
    x = maker.input(*sizes)
    for _ in range(maker.random.randrange(2, 8)):
        if maker.arrays[x].ndim == 0 or maker.arrays[x].size > 20000:
            break
        x = maker.random.choice(steps_for(maker.arrays[x]))(maker, x)
    return maker, maker.node("Abs", x)


def test_random_graphs_hold_every_operator():
    """A node that the evaluator refuses is left out; none may be left out always."""
    tried = {node.op_type for seed in range(400) for node in random_graph(seed)[0].nodes}
    assert tried >= {
        *UNARY, *BINARY, "Transpose", "Reshape", "Concat", "Slice", "Split", "Pad", "Gather",
        "GatherND", "Tile", "ReduceMean", "ReduceSum", "ReduceMax", "ReduceMin", "Softmax",
        "LayerNormalization", "MatMul", "Conv", "ConvTranspose", "MaxPool", "AveragePool",
        "GlobalMaxPool", "GlobalAveragePool", "InstanceNormalization", "GroupNormalization",
        "PRelu", "Resize",
    }  # fmt: skip


@pytest.mark.parametrize("size", [1, 2, 3, 5, 9])
@pytest.mark.parametrize("shape", [(2, 3, 4, 5), (1, 8, 3, 3), (1, 8, 7)])
def test_local_response_normalization_is_its_definition(size, shape, tmp_path):
    """Version 1.23 of the evaluator normalizes only as many channels as there are images."""
    maker = GraphMaker(size)
    x = maker.input(*shape)
    array = maker.arrays[x].astype(np.float64)
    sums = np.zeros(shape)
    for channel in range(shape[1]):
        first, last = channel - (size - 1) // 2, channel + -(-(size - 1) // 2)
        sums[:, channel] = (array[:, max(0, first) : last + 1] ** 2).sum(axis=1)
    node = helper.make_node("LRN", [x], ["y"], size=size, alpha=0.3, beta=0.6, bias=1.5)
    maker.nodes.append(node)
    maker.arrays["y"] = array / (1.5 + 0.3 / size * sums) ** 0.6
    _, (found,) = imported_results(maker, tmp_path / "model.onnx", ["y"])
    np.testing.assert_allclose(found, maker.arrays["y"], atol=1e-5)


@pytest.mark.parametrize("block", range(20))
def test_random_graphs_compute_what_their_models_compute(block, tmp_path):
    for seed in range(block * 20, block * 20 + 20):
        maker, x = random_graph(seed)
        wanted = maker.arrays[x]
        _, (found,) = imported_results(maker, tmp_path / "model.onnx", [x])
        scale = max(1.0, float(np.abs(wanted).max()))
        np.testing.assert_allclose(found, wanted, atol=2e-4 * scale, err_msg=f"seed {seed}")
