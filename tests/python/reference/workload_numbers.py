# SPDX-License-Identifier: Apache-2.0
"""What the operators of a `kind: graph` workload compute, by their definitions in workloads.md."""

import math

import numpy as np

UNARY = {
    "relu": lambda x: np.maximum(x, 0),
    "gelu": lambda x: x * (1 + np.vectorize(math.erf)(x / math.sqrt(2))) / 2,
    "silu": lambda x: x / (1 + np.exp(-x)),
    "sigmoid": lambda x: 1 / (1 + np.exp(-x)),
    "tanh": np.tanh,
    "exp": np.exp,
    "log": np.log,
    "sqrt": np.sqrt,
    "reciprocal": lambda x: 1 / x,
    "reciprocal_sqrt": lambda x: 1 / np.sqrt(x),
    "erf": np.vectorize(math.erf),
    "abs": np.abs,
    "negate": lambda x: -x,
    "hard_swish": lambda x: x * np.clip(x / 6 + 0.5, 0, 1),
    "sin": np.sin,
    "cos": np.cos,
}
BINARY = {
    "add": np.add,
    "subtract": np.subtract,
    "multiply": np.multiply,
    "divide": np.divide,
    "maximum": np.maximum,
    "minimum": np.minimum,
}
REDUCTIONS = {"sum": np.sum, "mean": np.mean, "maximum": np.max, "minimum": np.min}


def elementwise(op, x):
    function = op["function"]
    if function in BINARY and "scalar" in op:
        pair = (op["scalar"], x[0]) if op.get("scalar_first") else (x[0], op["scalar"])
        return BINARY[function](*pair)
    if function in BINARY:
        return BINARY[function](*x)
    if function == "clip":
        return np.clip(x[0], op.get("low", -np.inf), op.get("high", np.inf))
    if function == "leaky_relu":
        return np.where(x[0] < 0, op["alpha"] * x[0], x[0])
    if function == "hard_sigmoid":
        return np.clip(op["alpha"] * x[0] + op["beta"], 0, 1)
    if function == "power":
        return x[0] ** op["exponent"]
    return UNARY[function](x[0])


def windows(op, image, fill):
    """Every window of a padded image: [N, OH, OW, KH, KW, C]."""
    top, left, bottom, right = op.get("padding", [0, 0, 0, 0])
    image = np.pad(image, ((0, 0), (top, bottom), (left, right), (0, 0)), constant_values=fill)
    (kh, kw), (sh, sw) = op["kernel"], op.get("stride", [1, 1])
    dh, dw = op.get("dilation", [1, 1])
    span = ((kh - 1) * dh + 1, (kw - 1) * dw + 1)
    found = np.lib.stride_tricks.sliding_window_view(image, span, axis=(1, 2))
    found = found[:, ::sh, ::sw, :, ::dh, ::dw]
    return found.transpose(0, 1, 2, 4, 5, 3)


def convolution(op, x, weight, bias):
    """weight [KH, KW, C / groups, F]."""
    groups = op.get("groups", 1)
    patches = windows(op, x[0], 0.0)
    parts = zip(np.split(patches, groups, axis=5), np.split(weight, groups, axis=3), strict=True)
    result = np.concatenate(
        [np.einsum("nhwklc,klcf->nhwf", image, filters) for image, filters in parts], axis=3
    )
    return result if bias is None else result + bias


def transposed_convolution(op, x, weight, bias):
    """weight [KH, KW, C / groups, F]: each input position adds its products to the output."""
    groups, (sh, sw), (dh, dw) = (
        op.get("groups", 1),
        op.get("stride", [1, 1]),
        op.get("dilation", [1, 1]),
    )
    top, left, bottom, right = op.get("padding", [0, 0, 0, 0])
    more = op.get("output_padding", [0, 0])
    n, height, width, _ = x[0].shape
    kh, kw, _, filters = weight.shape
    full = np.zeros(
        (
            n,
            (height - 1) * sh + (kh - 1) * dh + 1 + more[0],
            (width - 1) * sw + (kw - 1) * dw + 1 + more[1],
            filters,
        )
    )
    parts = list(zip(np.split(x[0], groups, axis=3), np.split(weight, groups, axis=3), strict=True))
    for ih in range(height):
        for iw in range(width):
            for a in range(kh):
                for b in range(kw):
                    full[:, ih * sh + a * dh, iw * sw + b * dw] += np.concatenate(
                        [image[:, ih, iw] @ w[a, b] for image, w in parts], axis=1
                    )
    result = full[:, top : full.shape[1] - bottom, left : full.shape[2] - right]
    return result if bias is None else result + bias


def product(op, x, weight, bias):
    a = x[0].swapaxes(-1, -2) if op.get("transposed_a") else x[0]
    b = weight if len(x) == 1 else x[1]
    b = b.swapaxes(-1, -2) if op.get("transposed_b") else b
    result = a @ b
    return result if bias is None else result + bias


def pooling(op, x):
    if op["function"] == "maximum":
        return windows(op, x[0], -np.inf).max(axis=(3, 4))
    sums = windows(op, x[0], 0.0).sum(axis=(3, 4))
    return sums / windows(op, np.ones_like(x[0]), 0.0).sum(axis=(3, 4))


def normalization(op, x, gamma, beta):
    if op["function"] == "rms":
        return x[0] / np.sqrt((x[0] ** 2).mean(-1, keepdims=True) + op["epsilon"]) * gamma
    mean = x[0].mean(-1, keepdims=True)
    variance = ((x[0] - mean) ** 2).mean(-1, keepdims=True)
    return (x[0] - mean) / np.sqrt(variance + op["epsilon"]) * gamma + beta


def softmax(op, x):
    powers = np.exp(x[0] - x[0].max(-1, keepdims=True))
    return powers / powers.sum(-1, keepdims=True)


def part(op, x):
    steps = op.get("steps", [1] * len(op["starts"]))
    for axis, (start, size, step) in enumerate(zip(op["starts"], op["sizes"], steps, strict=True)):
        x = x.take([start + i * step for i in range(size)], axis=axis)
    return x


PLAIN = {
    "elementwise": elementwise,
    "pooling": pooling,
    "softmax": softmax,
    "reduction": lambda op, x: REDUCTIONS[op["function"]](
        x[0], axis=tuple(op["axes"]), keepdims=op.get("keep_dimensions", False)
    ),
    "reshape": lambda op, x: x[0].reshape(op["shape"]),
    "transpose": lambda op, x: x[0].transpose(op["permutation"]),
    "concatenation": lambda op, x: np.concatenate(x, axis=op["axis"]),
    "slice": lambda op, x: part(op, x[0]),
    "pad": lambda op, x: np.pad(
        x[0],
        list(zip(op["before"], op["after"], strict=True)),
        constant_values=op.get("value", 0.0),
    ),
    "expand": lambda op, x: np.broadcast_to(x[0], op["shape"]),
    "gather": lambda op, x: x[0].take(op["indices"], axis=op["axis"]),
}
WEIGHTED = {
    "convolution": convolution,
    "transposed_convolution": transposed_convolution,
    "matrix_multiplication": product,
    "normalization": normalization,
    "channel_affine": lambda op, x, scale, shift: x[0] * scale + shift,
}


def compute(operators, given, weights):
    """All tensors by name. `weights` gives the two own weights of an operator, by its name."""
    tensors = dict(given)
    for op in operators:
        x = [tensors[name] for name in op.get("inputs", [])]
        if op["kind"] == "embedding":
            tensors[op["name"]] = weights(op)
        elif op["kind"] in WEIGHTED:
            tensors[op["name"]] = WEIGHTED[op["kind"]](op, x, *weights(op))
        else:
            tensors[op["name"]] = PLAIN[op["kind"]](op, x)
    return tensors
