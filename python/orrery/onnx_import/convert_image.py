# SPDX-License-Identifier: Apache-2.0
"""Pooling, and normalizations over the channels of an image."""

from __future__ import annotations

from orrery.onnx_import.context import Context, UnsupportedError, pair
from orrery.onnx_import.convert_matrix import plain, window
from orrery.onnx_import.emitter import Tensor
from orrery.onnx_import.ir import Node


def pool(context: Context, node: Node, function: str) -> None:
    if len(node.outputs) > 1 and context.graph.consumers.get(node.outputs[1]):
        raise UnsupportedError("its indices are read", "only the maxima are read")
    kernel = pair(list(node.attributes["kernel_shape"]), 1)
    form = window(context, node, kernel)
    if form["dilation"] != [1, 1]:
        raise UnsupportedError("it has a dilation", "no dilation")
    image = context.image(node.inputs[0])
    shape = context.image_shape(node.outputs[0])
    padding = form["padding"]
    for axis in range(2):
        # With ceil_mode the last window may hang over the edge; what is there does not count.
        span = (shape[1 + axis] - 1) * form["stride"][axis] + kernel[axis]
        missing = span - image.shape[1 + axis] - padding[axis]
        padding[2 + axis] = max(padding[2 + axis], missing)
    if function == "average" and node.attributes.get("count_include_pad", 0) and any(padding):
        image = pad_image(context, node.name, image, padding)
        padding = [0, 0, 0, 0]
    result = context.emitter.operator(
        "pooling",
        node.name,
        [image],
        shape,
        function=function,
        kernel=kernel,
        **plain(stride=form["stride"], padding=padding),
    )
    context.put_image(node.outputs[0], result)


def pad_image(context: Context, name: str, image: Tensor, padding: list[int]) -> Tensor:
    top, left, bottom, right = padding
    n, height, width, channels = image.shape
    return context.emitter.operator(
        "pad",
        f"{name}.padding",
        [image],
        (n, height + top + bottom, width + left + right, channels),
        before=[0, top, left, 0],
        after=[0, bottom, right, 0],
    )


def maximum_pool(context: Context, node: Node) -> None:
    pool(context, node, "maximum")


def average_pool(context: Context, node: Node) -> None:
    pool(context, node, "average")


def global_pool(function: str):
    def convert(context: Context, node: Node) -> None:
        image = context.image(node.inputs[0])
        result = context.emitter.operator(
            "pooling",
            node.name,
            [image],
            context.image_shape(node.outputs[0]),
            function=function,
            kernel=list(image.shape[1:3]),
        )
        context.put_image(node.outputs[0], result)

    return convert


def channel_affine(context: Context, node: Node) -> None:
    """BatchNormalization that follows no product: x * scale + shift for each channel."""
    rank = len(context.shape(node.inputs[0]))
    order = context.with_innermost(node.inputs[0], [1]) if rank > 1 else (0,)
    source = context.emitter.read(node.inputs[0], order).tensor
    result = context.emitter.operator("channel_affine", node.name, [source], source.shape)
    context.emitter.put(node.outputs[0], result, order)


CONVERTERS = {
    "MaxPool": maximum_pool,
    "AveragePool": average_pool,
    "GlobalAveragePool": global_pool("average"),
    "GlobalMaxPool": global_pool("maximum"),
    "BatchNormalization": channel_affine,
}
