# SPDX-License-Identifier: Apache-2.0
"""Models as exporters write them, and what the importer makes of them."""

import json
import math
from collections import Counter

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper
from orrery.onnx_import.importer import Request, import_model, imported_text
from orrery.onnx_import.layout import groups_of, reshaped_order
from orrery.onnx_import.mistakes import ImportFailedError


class Model:
    """Nodes in ONNX's own terms; shapes of weights are enough."""

    def __init__(self, opset=17, **inputs):
        self.opset, self.inputs = opset, inputs
        self.nodes, self.initializers = [], []

    def weight(self, *shape, value=None):
        name = f"w{len(self.initializers)}"
        array = np.ones(shape, dtype=np.float32) if value is None else np.asarray(value)
        self.initializers.append(numpy_helper.from_array(array, name))
        return name

    def number(self, value):
        return self.weight(value=np.float32(value))

    def sizes(self, *values):
        return self.weight(value=np.array(values, dtype=np.int64))

    def node(self, op, *inputs, name="", outputs=1, **attributes):
        names = [f"v{len(self.nodes)}.{i}" for i in range(outputs)]
        name = name or f"{op.lower()}{len(self.nodes)}"
        self.nodes.append(helper.make_node(op, list(inputs), names, name=name, **attributes))
        return names[0] if outputs == 1 else names

    def save(self, path, *outputs):
        graph = helper.make_graph(
            self.nodes,
            "model",
            [
                helper.make_tensor_value_info(name, TensorProto.FLOAT, shape)
                for name, shape in self.inputs.items()
            ],
            [helper.make_tensor_value_info(x, TensorProto.FLOAT, None) for x in outputs],
            initializer=self.initializers,
        )
        opset = [helper.make_opsetid("", self.opset)]
        onnx.save(helper.make_model(graph, opset_imports=opset, ir_version=8), path)
        return str(path)


@pytest.fixture
def imported(tmp_path):
    def call(model, *outputs, ignore=(), **dimensions):
        path = model.save(tmp_path / "model.onnx", *outputs)
        return import_model(Request(path, dimensions, ignore))

    return call


def kinds(result):
    return Counter(operator["kind"] for operator in result.emitter.operators)


def functions(result):
    return [
        operator.get("function", operator["kind"])
        for operator in result.emitter.operators
        if operator["kind"] != "reshape"
    ]


def counts(result):
    keys = ("lowered", "fused", "views", "folded", "unused")
    return tuple(result.origin[key] for key in keys)


def test_a_convolutional_network_needs_no_transposes(imported):
    model = Model(x=[1, 3, 32, 32])
    y = model.node("Conv", "x", model.weight(8, 3, 3, 3), pads=[1] * 4, strides=[2, 2])
    scale = [model.weight(8) for _ in range(4)]
    y = model.node("BatchNormalization", y, *scale)
    y = model.node("Relu", y)
    left = model.node("Conv", y, model.weight(8, 1, 3, 3), group=8, pads=[1] * 4)
    y = model.node("Add", left, y)
    y = model.node("Concat", y, left, axis=1)
    y = model.node("GlobalAveragePool", y)
    y = model.node("Flatten", y)
    y = model.node("Gemm", y, model.weight(10, 16), model.weight(10), transB=1)
    result = imported(model, y)
    assert kinds(result) == {
        "convolution": 2,
        "elementwise": 2,
        "concatenation": 1,
        "pooling": 1,
        "reshape": 1,
        "matrix_multiplication": 1,
    }
    assert result.emitter.inputs == {"x": (1, 32, 32, 3)}
    # 9 nodes: the batch normalization is part of its convolution, Flatten is a view.
    assert counts(result) == (7, 1, 1, 0, 0)
    # 8*3*9 + 8 + 8 (scale and shift) + 8*9 + 10*16 + 10
    assert result.origin["parameters"] == 216 + 16 + 72 + 160 + 10


def test_a_flatten_in_front_of_a_product_is_a_view_even_of_an_image(imported):
    model = Model(x=[2, 3, 4, 5])
    y = model.node("Relu", "x")
    y = model.node("MaxPool", y, kernel_shape=[2, 2])
    y = model.node("Flatten", y)
    y = model.node("Tanh", y)
    y = model.node("MatMul", y, model.weight(36, 7))
    result = imported(model, y)
    assert "transpose" not in kinds(result)


def test_a_flatten_that_is_an_output_keeps_its_order(imported):
    model = Model(x=[2, 3, 4, 5])
    y = model.node("MaxPool", "x", kernel_shape=[2, 2])
    y = model.node("Flatten", y)
    y = model.node("Tanh", y)
    assert kinds(imported(model, y))["transpose"] == 1


def gelu_erf(model, x, order):
    y = model.node("Div", x, model.number(math.sqrt(2)))
    y = model.node("Erf", y)
    y = model.node("Add", y, model.number(1))
    if order == "half first":
        half = model.node("Mul", x, model.number(0.5))
        return model.node("Mul", half, y)
    if order == "half between":
        return model.node("Mul", x, model.node("Mul", model.number(0.5), y))
    return model.node("Mul", model.node("Mul", x, y), model.number(0.5))


@pytest.mark.parametrize("order", ["half first", "half between", "half last"])
def test_gelu_with_erf_is_recognised(imported, order):
    model = Model(x=[2, 8])
    result = imported(model, gelu_erf(model, model.node("Relu", "x"), order))
    assert functions(result) == ["relu", "gelu"]
    assert counts(result) == (2, 4, 0, 0, 0)


def test_gelu_with_another_factor_is_not_recognised(imported):
    model = Model(x=[2, 8])
    y = model.node("Erf", model.node("Div", "x", model.number(1.5)))
    y = model.node("Add", y, model.number(1))
    y = model.node("Mul", model.node("Mul", "x", y), model.number(0.5))
    assert functions(imported(model, y)) == ["divide", "erf", "add", "multiply", "multiply"]


def test_gelu_with_tanh_is_recognised(imported):
    model = Model(x=[2, 8])
    cube = model.node("Pow", "x", model.number(3))
    y = model.node("Add", "x", model.node("Mul", cube, model.number(0.044715)))
    y = model.node("Tanh", model.node("Mul", y, model.number(math.sqrt(2 / math.pi))))
    y = model.node("Add", y, model.number(1))
    y = model.node("Mul", model.node("Mul", "x", model.number(0.5)), y)
    assert functions(imported(model, y)) == ["gelu"]


def test_gates_are_recognised(imported):
    model = Model(x=[2, 8])
    y = model.node("Mul", "x", model.node("Sigmoid", "x"))
    y = model.node("Mul", model.node("HardSigmoid", y, alpha=1 / 6, beta=0.5), y)
    clipped = model.node(
        "Clip", model.node("Add", y, model.number(3)), model.number(0), model.number(6)
    )
    y = model.node("Div", model.node("Mul", y, clipped), model.number(6))
    assert functions(imported(model, y)) == ["silu", "hard_swish", "hard_swish"]


def layer_norm(model, x, affine=True):
    mean = model.node("ReduceMean", x, axes=[-1])
    centred = model.node("Sub", x, mean)
    squares = model.node("Pow", centred, model.number(2))
    variance = model.node("ReduceMean", squares, axes=[-1])
    deviation = model.node("Sqrt", model.node("Add", variance, model.number(1e-6)))
    y = model.node("Div", centred, deviation)
    if affine:
        y = model.node("Add", model.node("Mul", y, model.weight(8)), model.weight(8))
    return y


def test_layer_normalization_is_recognised(imported):
    model = Model(x=[2, 4, 8])
    result = imported(model, layer_norm(model, model.node("Relu", "x")))
    assert functions(result) == ["relu", "layer"]
    assert result.emitter.operators[1]["epsilon"] == pytest.approx(1e-6)
    assert counts(result) == (2, 8, 0, 0, 0)


def test_a_deviation_that_somebody_else_reads_is_no_normalization(imported):
    model = Model(x=[2, 4, 8])
    y = layer_norm(model, "x")
    root = next(node.output[0] for node in model.nodes if node.op_type == "Sqrt")
    assert "layer" not in functions(imported(model, y, model.node("Relu", root)))


def test_rms_normalization_is_recognised(imported):
    model = Model(x=[2, 4, 8])
    squares = model.node("Pow", "x", model.number(2))
    mean = model.node("ReduceMean", squares, axes=[-1])
    root = model.node("Sqrt", model.node("Add", mean, model.number(1e-6)))
    y = model.node("Mul", "x", model.node("Div", model.number(1), root))
    y = model.node("Mul", model.weight(8), y)
    assert functions(imported(model, y)) == ["rms"]


def test_attention_is_its_products_and_a_softmax(imported):
    """4 heads of 8 over [1, 5, 32]: nothing but keys, queries and values is moved."""
    model = Model(x=[1, 5, 32])
    parts = []
    for _ in range(3):
        y = model.node("MatMul", "x", model.weight(32, 32))
        y = model.node("Add", y, model.weight(32))
        y = model.node("Reshape", y, model.sizes(1, 5, 4, 8))
        parts.append(model.node("Transpose", y, perm=[0, 2, 1, 3]))
    keys = model.node("Transpose", parts[1], perm=[0, 1, 3, 2])
    logits = model.node("MatMul", parts[0], keys)
    logits = model.node("Div", logits, model.number(math.sqrt(8)))
    y = model.node("MatMul", model.node("Softmax", logits, axis=-1), parts[2])
    y = model.node("Transpose", y, perm=[0, 2, 1, 3])
    y = model.node("Reshape", y, model.sizes(1, 5, 32))
    y = model.node("MatMul", y, model.weight(32, 32))
    result = imported(model, y)
    assert kinds(result)["matrix_multiplication"] == 6
    # Queries, keys, values, and the heads' results back into rows.
    assert kinds(result)["transpose"] == 4
    product = next(op for op in result.emitter.operators if len(op["inputs"]) == 2)
    assert product["transposed_b"] is True


def test_shapes_that_are_computed_are_folded(imported):
    model = Model(x=["batch", 6, 4])
    shape = model.node("Shape", "x")
    batch = model.node("Gather", shape, model.weight(value=np.int64(0)), axis=0)
    batch = model.node("Unsqueeze", batch, model.sizes(0))
    rows = model.node("Concat", batch, model.sizes(-1), axis=0)
    y = model.node("Reshape", model.node("Relu", "x"), rows)
    y = model.node("MatMul", y, model.weight(24, 5))
    result = imported(model, y, batch=3)
    assert kinds(result) == {"elementwise": 1, "reshape": 1, "matrix_multiplication": 1}
    assert counts(result) == (2, 0, 1, 4, 0)
    assert result.emitter.operators[-2]["shape"] == [3, 24]


def test_free_dimensions_are_listed(imported):
    model = Model(x=["batch", None, 4])
    y = model.node("Relu", "x")
    with pytest.raises(ImportFailedError) as failure:
        imported(model, y)
    assert "batch, x.1" in failure.value.mistakes[0].message


def test_an_ignored_node_is_named(imported):
    model = Model(x=[2, 8])
    y = model.node("Hardmax", model.node("Relu", "x"), name="choice")
    with pytest.raises(ImportFailedError):
        imported(model, y)
    result = imported(model, y, ignore=["Hardmax"])
    assert result.origin["ignored"] == ["choice (Hardmax)"]
    assert functions(result) == ["relu"]


def test_an_operator_of_another_domain_can_be_ignored(tmp_path):
    model = Model(x=[2, 8])
    y = model.node("Relu", model.node("Own", "x", name="own", domain="com.example"))
    path = model.save(tmp_path / "model.onnx", y)
    with pytest.raises(ImportFailedError) as failure:
        import_model(Request(path, {}))
    assert "node 'own' (com.example.Own)" in failure.value.mistakes[0].message
    assert import_model(Request(path, {}, ["own"])).origin["ignored"] == ["own (com.example.Own)"]


def test_a_known_branch_is_taken(tmp_path):
    condition = numpy_helper.from_array(np.array(True), "condition")

    def branch(op, name):
        node = helper.make_node(op, ["x"], [name], name=name)
        out = helper.make_tensor_value_info(name, TensorProto.FLOAT, None)
        return helper.make_graph([node], name, [], [out])

    node = helper.make_node(
        "If", ["condition"], ["y"], then_branch=branch("Relu", "a"), else_branch=branch("Exp", "b")
    )
    last = helper.make_node("Tanh", ["y"], ["z"], name="last")
    graph = helper.make_graph(
        [node, last],
        "model",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, [2, 3])],
        [helper.make_tensor_value_info("z", TensorProto.FLOAT, None)],
        initializer=[condition],
    )
    path = tmp_path / "model.onnx"
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)]), path)
    assert functions(import_model(Request(str(path), {}))) == ["relu", "tanh"]


def test_weights_in_an_absent_file_do_no_harm(tmp_path):
    model = Model(x=[1, 16])
    y = model.node("MatMul", "x", model.weight(16, 64))
    path = tmp_path / "model.onnx"
    model.save(path, y)
    proto = onnx.load(path)
    onnx.save(proto, path, save_as_external_data=True, location="weights.bin", size_threshold=0)
    (tmp_path / "weights.bin").unlink()
    result = import_model(Request(str(path), {}))
    assert result.origin["parameters"] == 16 * 64


def test_the_same_model_gives_the_same_bytes(tmp_path):
    model = Model(x=[2, 4, 8])
    path = model.save(tmp_path / "model.onnx", gelu_erf(model, layer_norm(model, "x"), "half last"))
    assert imported_text(Request(path, {})) == imported_text(Request(path, {}))


def test_groups_of_a_reshape_are_as_short_as_possible():
    # 2*3 of 6, 1 anywhere, 4*5 into 20 and back.
    assert groups_of((2, 3, 1, 20), (6, 4, 5)) == [([0, 1], [0]), ([3], [1, 2])]
    # An image that lies channels last: rows and columns merge, channels do not join them.
    assert reshaped_order((1, 8, 4, 5), (0, 2, 3, 1), (1, 8, 20)) == (0, 2, 1)
    assert reshaped_order((1, 8, 4, 5), (0, 2, 3, 1), (1, 160)) is None


def test_an_imported_model_runs_and_says_what_it_covers(orrery, tmp_path):
    model = Model(x=[1, 4, 9, 9])
    y = model.node("Conv", "x", model.weight(8, 4, 3, 3), pads=[1] * 4)
    y = model.node("Relu", y)
    y = model.node("Hardmax", y, name="choice")
    path = model.save(tmp_path / "small.onnx", y)
    ignore = "workload.ignore=[choice]"
    done = orrery("run", "-p", "edge", "-w", path, "--set", ignore, "-o", tmp_path / "out")
    assert done.code == 0, done.stderr
    assert "3 nodes: 2 lowered" in done.stdout.splitlines()[0]
    result = json.loads((tmp_path / "out" / "result.json").read_text())
    # 9*9 positions, 8 filters, 3*3*4 products each
    assert sum(layer["macs_useful"] for layer in result["layers"]) == 81 * 8 * 36
    assert "left out of the model at the user's wish: node choice (Hardmax)" in result["notes"]
    again = orrery("run", "--resolved", tmp_path / "out" / "resolved.yaml", "--json")
    assert json.loads(again.stdout)["latency"] == result["latency"]
