# SPDX-License-Identifier: Apache-2.0
"""The nine networks that come with the onnx package, weights left out: imported, counted, run."""

import json
import math
import pathlib

import onnx
import pytest

LIGHT = pathlib.Path(onnx.__file__).parent / "backend" / "test" / "data" / "light"
# Parameters with scale and shift of batch normalizations, as published with the models of Caffe:
# ResNet-50 25.56 M, SqueezeNet 1.1 1.24 M, VGG-19 143.67 M, AlexNet 60.97 M, GoogLeNet 7.00 M.
PARAMETERS = {
    "resnet50": 25_557_032,
    "squeezenet": 1_235_496,
    "vgg19": 143_667_240,
    "bvlc_alexnet": 60_965_224,
    "inception_v1": 6_998_552,
}
MODELS = sorted(path.stem.removeprefix("light_") for path in LIGHT.glob("*.onnx"))


def products(path):
    """Multiply-accumulates by the definition of Conv and Gemm, from the inferred shapes."""
    graph = onnx.shape_inference.infer_shapes(onnx.load(path), data_prop=True).graph
    shapes = {
        value.name: [size.dim_value for size in value.type.tensor_type.shape.dim]
        for value in [*graph.value_info, *graph.input, *graph.output]
    }
    shapes |= {tensor.name: list(tensor.dims) for tensor in graph.initializer}
    total = 0
    for node in graph.node:
        if node.op_type == "Conv":  # each output takes C / groups * KH * KW products
            total += math.prod(shapes[node.output[0]]) * math.prod(shapes[node.input[1]][1:])
        elif node.op_type == "Gemm":
            transposed = any(item.name == "transA" and item.i for item in node.attribute)
            inner = shapes[node.input[0]][0 if transposed else 1]
            total += math.prod(shapes[node.output[0]]) * inner
    return total


def test_all_nine_are_there():
    assert len(MODELS) == 9


@pytest.mark.parametrize("model", MODELS)
def test_a_whole_network_is_imported_counted_and_run(model, orrery, tmp_path):
    path = LIGHT / f"light_{model}.onnx"
    described = json.loads(orrery("describe", path, "--json").stdout)
    assert described["total"]["macs"] == products(path)
    if model in PARAMETERS:
        assert described["origin"]["parameters"] == PARAMETERS[model]
    done = orrery("run", "-p", "tpu_like", "-w", path, "-o", tmp_path / "out")
    assert done.code == 0, done.stderr
    layers = json.loads((tmp_path / "out" / "result.json").read_text())["layers"]
    assert sum(layer["macs_useful"] for layer in layers) == products(path)
