# SPDX-License-Identifier: Apache-2.0
"""Imported graphs compute what their models compute: random graphs, run by `onnx.reference` and, as
workloads, by the definitions of our operators."""

import numpy as np
import pytest
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


ANY = [unary, binary, transpose, reshape, concatenation, part, split, pad, gather, reduction]
ANY += [softmax, normalization]
MATRIX = [linear, product]


def steps_for(array):
    steps = list(ANY)
    if array.ndim >= 2:
        steps += MATRIX * 2
    if array.ndim in (3, 4):
        steps += [convolution, pooling] * 3
    if array.ndim == 4:
        steps += [transposed_convolution] * 3
    return steps


@pytest.mark.parametrize("block", range(20))
def test_random_graphs_compute_what_their_models_compute(block, tmp_path):
    for seed in range(block * 20, block * 20 + 20):
        maker = GraphMaker(seed)
        sizes = maker.random.choice([(2, 3, 5, 7), (1, 4, 6, 6), (3, 8, 5), (2, 6), (1, 1, 3, 3)])
        x = maker.input(*sizes)
        for _ in range(maker.random.randrange(2, 8)):
            if maker.arrays[x].ndim == 0 or maker.arrays[x].size > 20000:
                break
            x = maker.random.choice(steps_for(maker.arrays[x]))(maker, x)
        x = maker.node("Abs", x)
        wanted = maker.arrays[x]
        _, (found,) = imported_results(maker, tmp_path / "model.onnx", [x])
        scale = max(1.0, float(np.abs(wanted).max()))
        np.testing.assert_allclose(found, wanted, atol=2e-4 * scale, err_msg=f"seed {seed}")
